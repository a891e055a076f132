import { jobDetailSchema, jobsSchema, logsSchema } from "@shadowfarm/core/api/jobs";
import { NotFound } from "@shadowfarm/core/errors";
import { jobKinds, jobStates } from "@shadowfarm/core/job";
import { attemptsOf } from "@shadowfarm/store/attempt-logs";
import { findExperiment } from "@shadowfarm/store/experiments";
import { findKey, type JobDetail, jobDetails, pageOfJobs } from "@shadowfarm/store/job-rows";
import type { Reader } from "@shadowfarm/store/reader";
import { encodeBundle } from "@shadowfarm/store/tensors";
import { z } from "zod";
import { jobAnswer, jobRowAnswer, time } from "../json.ts";
import { ApiProblem } from "../problem.ts";
import { decodeCursor, encodeCursor, pageQuery } from "../request.ts";
import { type Route, route, together } from "../route.ts";

const tag = "jobs";
const text = z.string().max(100);
const one = z.strictObject({ key: text.describe("the job's key, or six or more of its first digits") });
/** Larger artifacts are read from the store itself. */
const MOST_BYTES = 256 * 2 ** 20;

async function findJob(reader: Reader, beginning: string): Promise<JobDetail> {
  const key = await findKey(reader, "job", beginning);
  const [job] = await jobDetails(reader, [key]);
  if (!job) throw new NotFound(`there is no job "${beginning}" any more`);
  return job;
}

export const jobRoutes: Route[] = [
  route({
    method: "get",
    path: "/jobs",
    role: "reader",
    tag,
    summary: "Jobs in the order of their keys",
    query: z.strictObject({
      ...pageQuery(1_000, 100),
      experiment: text.optional().describe("id or name"),
      kind: z.enum(jobKinds).optional(),
      state: z.enum(jobStates).optional(),
      worker: text.optional(),
    }),
    answer: { name: "Jobs", schema: jobsSchema },
    keeping: together,
    async handle({ query, url, resources: { reader, store } }) {
      const { experiment, cursor, limit, ...rest } = query;
      const id = experiment === undefined ? undefined : (await findExperiment(store, experiment)).id;
      const after = decodeCursor(url, cursor, text);
      const { jobs, next } = await pageOfJobs(reader, { ...rest, experiment: id }, limit, after);
      return { jobs: jobs.map(jobRowAnswer), nextCursor: next && encodeCursor(url, next) };
    },
  }),
  route({
    method: "get",
    path: "/jobs/:key",
    role: "reader",
    tag,
    summary: "One job: what it is made of, its attempts, what it left, who wants it",
    params: one,
    answer: { name: "Job", schema: jobDetailSchema },
    handle: async ({ params, resources: { reader } }) => jobAnswer(await findJob(reader, params.key)),
  }),
  route({
    method: "get",
    path: "/jobs/:key/logs",
    role: "reader",
    tag,
    summary: "What the attempts at a job said, the oldest first",
    params: one,
    query: z.strictObject({ attempts: z.int().min(1).max(1_000).default(50).describe("the newest so many") }),
    answer: { name: "Logs", schema: logsSchema },
    async handle({ params, query, resources: { reader, store } }) {
      const key = await findKey(reader, "job", params.key);
      const { total, attempts } = await attemptsOf(store, key, query.attempts);
      return {
        total,
        attempts: attempts.map((attempt) => ({
          ...attempt,
          startedAt: time(attempt.startedAt),
          finishedAt: time(attempt.finishedAt),
          lines: [...attempt.lines],
        })),
      };
    },
  }),
  route({
    method: "get",
    path: "/jobs/:key/artifacts/:name",
    role: "reader",
    tag,
    summary: "The bytes that a job left, such as `scores`, in the safetensors format",
    params: one.extend({ name: text }),
    answer: { mediaType: "application/octet-stream", describe: "a safetensors file, verified by its hash" },
    async handle({ params, response, resources: { reader, artifacts } }) {
      const { key, artifacts: left } = await findJob(reader, params.key);
      const ref = left.find(({ name }) => name === params.name);
      if (!ref) {
        const known = left.map(({ name }) => name);
        throw new ApiProblem("not-found", `job ${key} left no artifact "${params.name}"`, { allowed: known });
      }
      if (ref.bytes > MOST_BYTES) {
        const size = `${Math.round(ref.bytes / 2 ** 20)} MiB`;
        throw new ApiProblem(
          "too-large",
          `"${ref.name}" has ${size}; read ${ref.sha256} from the artifact store itself`,
        );
      }
      const parts = encodeBundle(await artifacts.get(ref));
      response.set({
        etag: `"${ref.sha256}"`,
        "content-disposition": `attachment; filename="${key.slice(0, 10)}-${ref.name}.safetensors"`,
      });
      response.type("application/octet-stream").send(Buffer.concat(parts));
      return undefined;
    },
  }),
];
