import { z } from "zod";
import { measures } from "./dimensions.ts";
import { experimentStates, jobKinds, jobStates } from "./job.ts";
import { metricsSchema } from "./metrics.ts";
import { paperSchema as numbersSchema } from "./paper.ts";
import { roles } from "./role.ts";

/** What the API answers, for those who serve it and those who ask. */

const time = z.iso.datetime();
const count = z.int().min(0);
const params = z.record(z.string(), z.unknown());
const nextCursor = z.string().nullable().describe("give it as `cursor` for the next page; null: this is the last");
const interval = z.tuple([z.number(), z.number()]);

/** An error, after RFC 9457. */
export const problemSchema = z.object({
  type: z.string().describe("names the kind of problem; stable"),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe("names the value, the place and the remedy"),
  errors: z
    .array(z.object({ in: z.enum(["path", "query", "body"]), path: z.string(), message: z.string() }))
    .optional()
    .describe("each thing that is wrong, and where"),
  allowed: z.array(z.string()).optional().describe("what may be given instead of something unknown"),
});
export type ProblemDocument = z.infer<typeof problemSchema>;

export const progressSchema = z.object({
  total: count,
  done: count,
  cached: count.describe("done before the experiment asked"),
  running: count,
  failed: count,
  blocked: count,
  etaSeconds: z.number().nullable().describe("null before anything was measured"),
  computeSeconds: z.number().min(0).describe("of the jobs that are done and were not before"),
});

const datasetUse = z.object({
  name: z.string(),
  version: z.int(),
  source: z.enum(["real", "synthetic"]),
  checksum: z.string(),
  records: count,
  largestGroup: count,
  origin: z.string(),
  table: z.unknown().optional(),
});

const experimentBrief = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(experimentStates),
  error: z.string().nullable(),
  user: z.string(),
  priority: z.int(),
  weight: z.number(),
  concurrency: z.int().nullable(),
  labels: z.array(z.string()),
  memory: z.int(),
  engine: z.string(),
  datasets: z.array(datasetUse),
  submittedAt: time,
  finishedAt: time.nullable(),
  progress: progressSchema,
});

export const experimentsSchema = z.object({ experiments: z.array(experimentBrief), nextCursor });

export const experimentDetailSchema = experimentBrief.extend({
  spec: params.describe("the experiment file as parsed"),
  share: z.number().nullable().describe("part of the farm that it can expect; null when it has nothing to do"),
  grid: z
    .array(z.object({ dataset: z.string(), kind: z.enum(jobKinds), counts: z.partialRecord(z.enum(jobStates), count) }))
    .describe("jobs by dataset and kind; what datasets share counts in each"),
});

export const failuresSchema = z.object({
  failures: z.array(
    z.object({
      error: z.string(),
      kind: z.enum(jobKinds),
      count,
      jobs: z.array(z.string()).describe("keys of some of them"),
      lines: z.array(z.object({ at: z.string(), from: z.string(), text: z.string() })),
    }),
  ),
});

const summary = z.object({
  n: count.describe("results that have a value"),
  mean: z.number().nullable(),
  sd: z.number().nullable().describe("of a sample (n − 1); null when n < 2"),
  low: z.number().nullable(),
  high: z.number().nullable(),
});

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

export const submittedSchema = z.object({ id: z.string(), name: z.string(), cells: count, jobs: count, cached: count });

export const planSchema = z.object({
  name: z.string(),
  cells: count,
  jobs: count,
  cached: count,
  byKind: z.partialRecord(z.enum(jobKinds), count),
  datasets: z.array(datasetUse),
  engine: z.string(),
});

export const cancelledSchema = z.object({ id: z.string(), jobs: count.describe("that will not run") });
export const retriedSchema = z.object({ id: z.string(), jobs: count.describe("that had failed and run again") });

export const jobRowSchema = z.object({
  key: z.string(),
  kind: z.enum(jobKinds),
  state: z.enum(jobStates),
  failures: count,
  error: z.string().nullable(),
  workerId: z.string().nullable(),
  seconds: z.number().nullable(),
  createdAt: time,
  finishedAt: time.nullable(),
});
export const jobsSchema = z.object({ jobs: z.array(jobRowSchema), nextCursor });

const looseTime = z.string();
export const jobDetailSchema = jobRowSchema.extend({
  params,
  inputs: z.array(z.string()),
  artifacts: z.array(z.object({ name: z.string(), sha256: z.string(), bytes: count })),
  attempts: z.array(
    z.object({
      fence: z.int(),
      workerId: z.string(),
      machine: z.string().nullable(),
      engine: z.string().nullable(),
      version: z.string().nullable(),
      startedAt: looseTime,
      finishedAt: looseTime.nullable(),
      outcome: z.enum(["done", "failed", "lost", "cancelled"]).nullable(),
      error: z.string().nullable(),
    }),
  ),
  experiments: z.array(z.object({ id: z.string(), name: z.string(), cached: z.boolean() })),
});

export const logsSchema = z.object({
  total: count,
  attempts: z.array(
    z.object({
      key: z.string(),
      kind: z.enum(jobKinds),
      fence: z.int(),
      workerId: z.string(),
      startedAt: time,
      finishedAt: time.nullable(),
      outcome: z.string().nullable(),
      error: z.string().nullable(),
      lines: z.array(z.object({ at: z.string(), from: z.string(), text: z.string() })),
      dropped: count,
    }),
  ),
});

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
      combinations: count.describe("that they are of: repeats of one combination, if it is 1"),
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
      n: count.describe("repeats"),
      example: z.string().describe("the key of one of them"),
      smallestFpr: z.number().describe("the smallest that every repeat can show"),
      points: z
        .array(z.object({ fpr: z.number(), tpr: z.number(), low: z.number(), high: z.number() }))
        .describe("ascending; low and high: one sd around the mean, of one repeat its 95 % interval"),
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

export const catalogSchema = z.object({
  units: z.array(
    z.object({
      kind: z.enum(["dataset", "model", "attack", "defense"]),
      name: z.string(),
      title: z.string(),
      paper: z.string(),
      version: z.int(),
      definition: z
        .array(z.object({ name: z.string(), text: z.string() }))
        .describe("what the documentation says of it, in Markdown"),
      params: z.record(z.string(), z.unknown()).describe("JSON Schema of each parameter"),
    }),
  ),
});

export const datasetsSchema = z.object({
  datasets: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      kind: z.string(),
      classes: count,
      records: count,
      licence: z.string(),
      paper: z.string(),
      downloads: z.array(
        z.object({
          file: z.string(),
          urls: z.array(z.string()).readonly(),
          checksum: z.object({ algorithm: z.enum(["sha256", "md5"]), hex: z.string() }).nullable(),
          bytes: count,
        }),
      ),
      state: z.enum(["present", "absent", "damaged"]),
      data: z.enum(["real", "synthetic"]).nullable(),
      found: z
        .object({
          origin: z.string(),
          files: z.array(z.string()).readonly(),
          records: count,
          checksum: z.string(),
          largestGroup: count,
        })
        .nullable(),
      problem: z.string().nullable(),
    }),
  ),
  problems: z.array(z.string()),
});

export const workersSchema = z.object({
  workers: z.array(
    z.object({
      id: z.string(),
      machine: z.string(),
      pid: z.int(),
      slots: count,
      running: count,
      engine: z.string(),
      labels: z.array(z.string()),
      memory: count.describe("gigabytes for each job"),
      version: z.string(),
      pool: z.string().describe("of those that run the same jobs"),
      alive: z.boolean(),
      startedAt: time,
      heartbeat: time,
      silentSeconds: z.number().min(0).describe("since the heartbeat, by the database's clock"),
      stoppedAt: time.nullable(),
      utilization: z.number().min(0).max(1).describe("part of its slots' time with jobs, within the last hour"),
      jobs: z
        .array(
          z.object({
            key: z.string(),
            kind: z.enum(jobKinds),
            experiment: z.object({ id: z.string(), name: z.string() }).nullable(),
            seconds: z.number().describe("since it was begun"),
          }),
        )
        .describe("some of those that it runs, the oldest first"),
    }),
  ),
});

export const usersSchema = z.object({ users: z.array(z.object({ name: z.string(), weight: z.number() })) });
export const userSchema = z.object({ name: z.string(), weight: z.number() });

export const meSchema = z.object({
  name: z.string().describe("of the token; empty where none is needed"),
  role: z.enum(roles),
  version: z.string().describe("of the farm"),
});

export const auditSchema = z.object({
  entries: z.array(
    z.object({
      id: count,
      at: time,
      token: z.string(),
      method: z.string(),
      path: z.string(),
      status: z.int(),
      body: z.string(),
    }),
  ),
  nextCursor,
});

/** What `GET /events` sends as the data of an event `experiment`. */
export const progressEventSchema = z.object({
  id: z.string(),
  state: z.enum(experimentStates),
  progress: progressSchema,
});
