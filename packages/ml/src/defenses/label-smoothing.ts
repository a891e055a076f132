import { z } from "zod";
import { defineDefense } from "../defense.ts";

/** Has the model answer with 1 − α for the true class, and α spread over all classes. Szegedy et al. 2016, §7. */
export const labelSmoothing = defineDefense({
  name: "label-smoothing",
  title: "Label smoothing",
  paper: "Szegedy et al. 2016, §7",
  version: 1,
  params: z.strictObject({
    alpha: z.number().gt(0).lt(1).default(0.1).describe("share of the target that all classes have in common"),
  }),
  targets(labels, classes, { alpha }) {
    const rows = new Float32Array(labels.length * classes).fill(alpha / classes);
    labels.forEach((label, record) => {
      rows[record * classes + label] = 1 - alpha + alpha / classes;
    });
    return rows;
  },
});
