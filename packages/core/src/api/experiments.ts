import { z } from "zod";
import { experimentStates, jobKinds, jobStates } from "../job.ts";
import { count, nextCursor, params, time } from "./shared.ts";

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

/** What `GET /events` sends as the data of an event `experiment`. */
export const progressEventSchema = z.object({
  id: z.string(),
  state: z.enum(experimentStates),
  progress: progressSchema,
});
