import { z } from "zod";
import { measures } from "../dimensions.ts";
import { jobKinds } from "../job.ts";
import { metricsSchema } from "../metrics.ts";
import { jobDetailSchema } from "./jobs.ts";
import { count, interval, nextCursor, params, summary, time } from "./shared.ts";

const settingShape = {
  dataset: z.string(),
  data: z.enum(["real", "synthetic"]),
  origin: z.string(),
  datasetParams: params,
  records: count,
  split: z.string(),
  model: z.string(),
  modelParams: params,
  training: params,
  attack: z.string(),
  attackParams: params,
  attacker: z.string(),
  defense: z.string(),
  defenseParams: params,
};

const rowShape = {
  ...settingShape,
  experiment: z.string(),
  experimentId: z.string(),
  repeat: count,
  engine: z.string(),
  machine: z.string(),
  version: z.string(),
  computeSeconds: z.number(),
  jobKey: z.string().describe("names the result"),
};

export const resultsSchema = z.object({
  results: z.array(
    z.object({
      ...rowShape,
      id: count,
      combination: z.string().describe("the same for the repeats of one combination"),
      createdAt: time,
      noSignal: z.boolean(),
      metrics: z.record(z.enum(measures), z.number().nullable()).describe("null: this sample cannot resolve it"),
    }),
  ),
  nextCursor,
});

export const groupsSchema = z.object({
  groups: z.array(
    z.object({
      by: params.describe("the values that the results of the group have in common, by dimension"),
      n: count.describe("results; what experiments share counts once"),
      mixed: z.boolean().describe("of several combinations; if not, they are repeats of one"),
      synthetic: count.describe("results on synthetic data"),
      noSignal: count,
      example: z.string().describe("one of them"),
      metrics: z.record(
        z.string(),
        summary.extend({
          min: z.number().nullable(),
          max: z.number().nullable(),
          chance: z.number().nullable().describe("what guessing reaches"),
          intervalOf: z
            .enum(["repeats", "sample"])
            .nullable()
            .describe(
              "repeats: 95 % by Student's t; sample: of the one result by itself; null: of several combinations an interval would say nothing",
            ),
        }),
      ),
    }),
  ),
});

export const dimensionsSchema = z.object({
  dimensions: z.array(z.string()),
  measures: z.array(z.string()),
  values: z.record(z.string(), z.array(z.object({ value: z.unknown(), count }))),
});

const measured = z.object({ n: count, mean: z.number(), low: z.number(), high: z.number() });

const leak = measured.extend({ attack: z.string(), attackParams: params, attacker: z.string(), noSignal: count });

export const frontierSchema = z.object({
  metric: z.string(),
  chance: z.number(),
  frontiers: z.array(
    z.object({
      setting: params,
      points: z.array(
        z.object({
          defense: z.string(),
          defenseParams: params,
          accuracy: measured,
          leak: leak.nullable().describe("by the strongest attack; null where none resolves it"),
          pareto: z.boolean().describe("no other defense has at least the accuracy and at most the leak"),
          line: count.nullable().describe("points of one line are strengths of one defense, in their order"),
          attacks: count,
        }),
      ),
    }),
  ),
});

export const rocBandsSchema = z.object({
  bands: z.array(
    z.object({
      setting: params.describe("all that its repeats have in common"),
      n: count.describe("repeats whose scores are there, of which the curve is"),
      removed: count.describe("further repeats, whose scores were removed"),
      altered: count.describe("further repeats, whose scores are not what they were when they were stored, or lost"),
      example: z.string().describe("the key of one of them"),
      smallestFpr: z.number().nullable().describe("the smallest that every repeat can show; null where n is 0"),
      points: z
        .array(z.object({ fpr: z.number(), tpr: z.number(), low: z.number(), high: z.number() }))
        .describe(
          "ascending; low and high: one sd around the mean, of one repeat its 95 % interval; none where n is 0",
        ),
    }),
  ),
});

export const resultDetailSchema = z.object({
  ...rowShape,
  metrics: metricsSchema,
  cells: z.array(z.object({ experiment: z.string(), experimentId: z.string(), repeat: count })),
});

export const provenanceSchema = z.object({
  chain: z.array(jobDetailSchema).describe("the target's way: prepare, train, query, attack"),
  others: z
    .array(z.object({ kind: z.enum(jobKinds), count, seconds: z.number() }))
    .describe("the other jobs that went into it, such as those of the shadow models"),
  classes: count.nullable().describe("of the dataset; null where the target's answers cannot be read"),
  losses: z
    .array(z.object({ key: z.string(), owner: z.string(), losses: z.array(z.number()) }))
    .describe("mean training loss of each epoch: the target's, then those of `shadows` of the other models"),
  unread: z.array(z.string()).describe("why losses are missing, model by model"),
});

export const verificationSchema = z.object({
  key: z.string(),
  holds: z.boolean().describe("everything is there, unaltered, and gives the stored numbers"),
  artifacts: z.array(
    z.object({
      kind: z.enum(jobKinds),
      job: z.string(),
      name: z.string(),
      bytes: count,
      problem: z.string().nullable().describe("null: it is what its hash says"),
    }),
  ),
  differences: z
    .array(z.object({ metric: z.string(), stored: z.unknown(), recomputed: z.unknown() }))
    .nullable()
    .describe("metrics that the scores do not give, compared bit for bit; null where the scores cannot be read"),
  given: z.array(z.string()).describe("metrics that scores cannot give, taken as they are stored"),
});

export const rocSchema = z.object({
  members: count,
  nonMembers: count,
  smallestFpr: z.number(),
  auc: z.number(),
  aucInterval: interval,
  points: z.array(z.object({ fpr: z.number(), tpr: z.number() })).describe("ascending; thinned evenly in log FPR"),
});

const scored = z.object({ record: count, label: z.int(), member: z.boolean(), score: z.number() });

export const scoresSchema = z.object({
  records: count,
  histogram: z.object({ edges: z.array(z.number()), members: z.array(count), nonMembers: z.array(count) }),
  exposed: z.array(scored).describe("members with the highest scores"),
  scores: z.array(scored).optional().describe("of every record, when `all` was asked for"),
});

export const picturesSchema = z.object({
  pictures: z.boolean().describe("whether its records can be seen"),
  reason: z.string().nullable().describe("why not"),
  synthetic: z.boolean().describe("whether they are a stand-in's"),
});
