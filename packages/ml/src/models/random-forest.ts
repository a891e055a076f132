import { z } from "zod";
import { askForest, fitForest } from "../forest.ts";
import { defineClassical } from "../unit.ts";

/** Trees on bootstrap samples, grown until pure, whose leaf shares are averaged. Breiman 2001; Salem et al. 2019, §IV-B. */
export const randomForest = defineClassical({
  name: "random-forest",
  title: "Random forest",
  paper: "Breiman 2001",
  version: 1,
  params: z.strictObject({
    trees: z.int().min(1).max(10_000).default(100).describe("trees; the combining attack of the paper has 1,000"),
  }),
  accepts: ["image", "binary", "tabular", "text"],
  fit: async (lesson, { trees }) => (await fitForest({ ...lesson, trees })).tensors,
  ask: (tensors, { features, width, classes }) => askForest({ tensors, width, classes }, features),
});
