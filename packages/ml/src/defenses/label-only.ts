import { z } from "zod";
import { defineDefense } from "../defense.ts";
import { labelsOnly } from "../query.ts";

/** Answers with the predicted class alone: 1 for it, 0 elsewhere. Shokri et al. 2017, §VIII. */
export const labelOnly = defineDefense({
  name: "label-only",
  title: "Labels only",
  paper: "Shokri et al. 2017, §VIII",
  version: 1,
  params: z.strictObject({}),
  posteriors: (posteriors, classes) => labelsOnly(posteriors, classes),
});
