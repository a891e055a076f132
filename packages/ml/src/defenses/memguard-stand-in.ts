import { z } from "zod";
import { defineDefense } from "../defense.ts";
import { predictedClasses } from "../query.ts";

/**
 * Nearly the same posterior for every record: the predicted class gets 1/K + margin, the others share the rest. Labels never
 * change, and nothing else is left to learn from: an upper bound of what MemGuard (Jia et al. 2019) can do, by which Li &
 * Zhang 2021 stand in for it in their published code.
 */
export const memguardStandIn = defineDefense({
  name: "memguard-stand-in",
  title: "Uniform answers in place of MemGuard",
  paper: "Li & Zhang 2021, published code",
  version: 1,
  params: z.strictObject({
    margin: z.number().gt(0).max(0.1).default(1e-3).describe("by which the predicted class exceeds 1/K"),
  }),
  posteriors(posteriors, classes, { margin }) {
    const answers = new Float32Array(posteriors.length).fill(1 / classes - margin / (classes - 1));
    predictedClasses(posteriors, classes).forEach((label, record) => {
      answers[record * classes + label] = 1 / classes + margin;
    });
    return answers;
  },
});
