import { z } from "zod";
import { jobKinds, jobStates } from "../job.ts";
import { count, nextCursor, params, time } from "./shared.ts";

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
