import { z } from "zod";
import { jobKinds } from "../job.ts";
import { roles } from "../role.ts";
import { count, nextCursor, time } from "./shared.ts";

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
