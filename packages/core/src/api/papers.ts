import { z } from "zod";
import { experimentStates } from "../job.ts";
import { paperSchema as numbersSchema } from "../paper.ts";
import { count, summary } from "./shared.ts";

const comparison = z.object({
  figure: z.string(),
  from: numbersSchema.shape.from,
  metric: numbersSchema.shape.metric,
  where: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  value: z.number(),
  within: z.number().optional(),
  ours: summary,
  difference: z.number().nullable().describe("ours − theirs"),
  holds: z.boolean().nullable().describe("whether it is within; null without a tolerance or a result"),
  synthetic: z.boolean().describe("whether a result behind it is of synthetic data"),
  records: z.array(count).describe("members of the models behind it: each number of them that occurs"),
  results: z.array(z.string()).describe("keys of the results behind it, at most 20"),
});

export const paperSchema = z.object({ comparisons: z.array(comparison) });

const paperBrief = z.object({
  id: z.string(),
  source: z.string().describe("authors, year and title, as experiment files name it"),
  files: count.describe("experiments that rerun a part of it"),
  numbers: count.describe("published numbers beside which results are put"),
  within: count,
  beyond: count,
  open: count.describe("with a result, but without a tolerance"),
  missing: count.describe("without a result yet"),
  synthetic: count.describe("compared with results on synthetic data"),
});

export const papersSchema = z.object({
  papers: z.array(paperBrief),
  problems: z.array(z.string()).describe("experiment files that cannot be read"),
});

export const paperDetailSchema = paperBrief.extend({
  experiments: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      file: z.string().nullable().describe("in the checkout; null of one that was only submitted"),
      experiment: z
        .object({ id: z.string(), state: z.enum(experimentStates) })
        .nullable()
        .describe("the newest of that name; null: none was submitted yet"),
      changed: z.array(z.string()).describe("what that one has otherwise than the file"),
      comparisons: z.array(comparison),
    }),
  ),
});
