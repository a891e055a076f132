import { z } from "zod";
import { defineDefense } from "../defense.ts";

/** No defense: the baseline that the others are compared with. */
export const none = defineDefense({
  name: "none",
  title: "No defense",
  paper: "baseline",
  version: 1,
  params: z.strictObject({}),
});
