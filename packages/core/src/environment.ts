import path from "node:path";
import { z } from "zod";
import { InvalidInput, messageOf } from "./errors.ts";
import { parseRedisAddress } from "./redis-address.ts";
import { problemsOf } from "./validation.ts";

const text = z.string().trim().min(1);
const wholeNumber = (low: number, high: number) =>
  z.string().regex(/^\d+$/, "give a whole number").transform(Number).pipe(z.int().min(low).max(high));

/** Words that say what a worker is or has. */
export const labelsSchema = z
  .string()
  .regex(
    /^\s*(?:[\w.-]{1,63}(?:\s*,\s*[\w.-]{1,63})*)?\s*$/,
    "give words of letters, digits, dots, dashes and underscores, with commas between them",
  )
  .transform((value) => [...new Set(value.split(",").map((label) => label.trim()))].filter((label) => label !== ""));

/** A bucket and the names within it that are Shadowfarm's. */
export const S3_URL = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;

/** Every environment variable that Shadowfarm reads. With none of them set it starts in embedded mode. */
export const environmentSchema = z.object({
  SHADOWFARM_HOME: text.default(".shadowfarm").describe("folder of the embedded database, artifacts and logs"),
  SHADOWFARM_DATASETS: text
    .optional()
    .describe(
      "folders searched for real data, separated by the system's path delimiter; default: datasets in the home",
    ),
  SHADOWFARM_ENGINE: z
    .enum(["auto", "onnx", "onnx-cuda", "tensorflow-gpu", "tensorflow", "wasm", "cpu"])
    .default("auto")
    .describe("what computes; auto takes the fastest that loads"),
  SHADOWFARM_NCHWC: z
    .enum(["0", "1"])
    .default("1")
    .describe("0 keeps the onnx engine from ONNX Runtime's internal image layout: slower, the same results"),
  SHADOWFARM_WORKERS: wholeNumber(1, 1024).optional().describe("jobs at a time; default: one per core, or per GPU"),
  SHADOWFARM_GPUS: z
    .string()
    .regex(/^(?:auto|[1-5]?\d|6[0-4])$/, "give auto or a whole number from 0 to 64")
    .transform((value) => (value === "auto" ? value : Number(value)))
    .default("auto")
    .describe("how many of its GPUs a worker of its own uses, one compute process each; auto: all of them"),
  SHADOWFARM_LABELS: labelsSchema
    .default([])
    .describe("what experiments may require of a worker, such as a100,big; cpu or gpu is one anyway"),
  SHADOWFARM_MEMORY: wholeNumber(1, 1_000_000)
    .optional()
    .describe("gigabytes that a worker's jobs share; default: the machine's, or its smallest GPU's for each job"),
  SHADOWFARM_GRACE: wholeNumber(0, 604_800)
    .default(30)
    .describe("seconds in which a worker that is told to stop finishes its jobs; the rest it hands back"),
  SHADOWFARM_STUCK: wholeNumber(1, 604_800)
    .default(600)
    .describe("seconds without any CPU time after which a job's compute process is killed, and the job tried again"),
  SHADOWFARM_CHECKPOINT_SECONDS: wholeNumber(0, 86_400)
    .default(60)
    .describe("seconds from one checkpoint of a training to the next; 0: none are made"),
  SHADOWFARM_EXIT_WHEN_IDLE: wholeNumber(1, 604_800)
    .optional()
    .describe("seconds without a job after which a worker of its own exits; default: it stays"),
  SHADOWFARM_POSTGRES_PORT: wholeNumber(1, 65_535)
    .optional()
    .describe("port of the embedded database on the loopback address; default: a free one"),
  SHADOWFARM_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("least severe message that is logged"),
  SHADOWFARM_METRICS_PORT: wholeNumber(0, 65_535)
    .optional()
    .describe("port of /metrics, /healthz and /readyz, 0 for any that is free; default: they are not served"),
  SHADOWFARM_METRICS_HOST: text
    .default("127.0.0.1")
    .describe("address on which they are served; 0.0.0.0 or :: for all of this machine's"),
  SHADOWFARM_API_HOST: text
    .default("127.0.0.1")
    .describe("address of the API and the dashboard; with any but a loopback address, requests need tokens"),
  SHADOWFARM_API_PORT: wholeNumber(0, 65_535)
    .optional()
    .describe("their port, 0 for any that is free; default: 7070, or when it is taken any that is free"),
  SHADOWFARM_API_RATE: wholeNumber(1, 10_000_000)
    .default(6_000)
    .describe("requests in a minute that each token may make; without tokens there is no limit"),
  SHADOWFARM_QUEUE_PREFIX: text
    .regex(/^[\w-]+$/, "use letters, digits, dashes and underscores")
    .default("shadowfarm")
    .describe("keeps farms apart that share a Redis"),
  SHADOWFARM_ARTIFACTS: text
    .refine((value) => !/^\w[\w+.-]+:\/\//.test(value) || S3_URL.test(value), "give a folder or s3://bucket/prefix")
    .optional()
    .describe("shared folder of artifacts, or s3://bucket/prefix; default: artifacts in the home"),
  ARTIFACTS_FOLDER: text.optional().describe("the older name of SHADOWFARM_ARTIFACTS; default: unset"),
  SHADOWFARM_ARTIFACT_CACHE: wholeNumber(1, 1_000_000)
    .default(10)
    .describe("gigabytes of artifacts from S3 that are kept in the home"),
  SHADOWFARM_S3_ENDPOINT: z
    .url({ protocol: /^https?$/, error: "give an address such as https://minio.lab:9000" })
    .optional()
    .describe("address of an S3-compatible store; default: Amazon's"),
  SHADOWFARM_S3_REGION: text.optional().describe("region of the bucket; default: AWS_REGION, else us-east-1"),
  SHADOWFARM_S3_PATH_STYLE: z
    .enum(["0", "1"])
    .optional()
    .describe("1 puts the bucket in the path, 0 in the host name; default: 1 with an endpoint, else 0"),
  SHADOWFARM_S3_ACCESS_KEY: text
    .optional()
    .describe("access key of the store; default: what the AWS tools use (AWS_ACCESS_KEY_ID, profile, role)"),
  SHADOWFARM_S3_ACCESS_KEY_FILE: text.optional().describe("file that holds the access key; default: unset"),
  SHADOWFARM_S3_SECRET_KEY: text.optional().describe("secret of the access key; default: unset"),
  SHADOWFARM_S3_SECRET_KEY_FILE: text.optional().describe("file that holds the secret; default: unset"),
  AWS_REGION: text.optional().describe("region where SHADOWFARM_S3_REGION is not set; default: unset"),
  SHADOWFARM_USER: text
    .max(100)
    .optional()
    .describe("whose share of the farm is used by what is submitted; default: the system's user"),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: "give an address such as http://collector:4318" })
    .optional()
    .describe("OpenTelemetry collector that is sent traces, by HTTP; default: there are none"),
  DATABASE_URL: text.optional().describe("Postgres server of a cluster; default: the embedded one"),
  REDIS_URL: text
    .superRefine((value, context) => {
      try {
        parseRedisAddress(value);
      } catch (error) {
        context.addIssue({ code: "custom", message: messageOf(error) });
      }
    })
    .optional()
    .describe("Redis for the queue, with redis+sentinel:// or redis+cluster:// for several; default: in Postgres"),
});

export type Environment = z.infer<typeof environmentSchema>;

/** @throws {InvalidInput} naming each variable that cannot be accepted. Empty ones count as unset. */
export function parseEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = environmentSchema.safeParse(set);
  if (parsed.success) return parsed.data;
  // Whatever is wrong with it, it may hold a password.
  const shown = { ...set, ...(set.REDIS_URL !== undefined && { REDIS_URL: "***" }) };
  throw new InvalidInput(problemsOf(parsed.error, shown).map(({ path, message }) => `${path.join(".")}: ${message}`));
}

/** The folders searched for real data, absolute. */
export function datasetFoldersOf(env: Environment): string[] {
  const folders = env.SHADOWFARM_DATASETS?.split(path.delimiter) ?? [path.join(env.SHADOWFARM_HOME, "datasets")];
  return folders.filter((folder) => folder !== "").map((folder) => path.resolve(folder));
}

/** Where the API and the dashboard are served; a port of null: the usual one, or any. */
export function apiAddressOf(env: Environment): { host: string; port: number | null; rate: number } {
  return { host: env.SHADOWFARM_API_HOST, port: env.SHADOWFARM_API_PORT ?? null, rate: env.SHADOWFARM_API_RATE };
}

/** Where metrics, health and readiness are served; null: nowhere. */
export function metricsAddressOf(env: Environment): { host: string; port: number } | null {
  const { SHADOWFARM_METRICS_HOST: host, SHADOWFARM_METRICS_PORT: port } = env;
  return port === undefined ? null : { host, port };
}
