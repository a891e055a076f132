import {
  cancelledSchema,
  experimentDetailSchema,
  experimentsSchema,
  failuresSchema,
  planSchema,
  retriedSchema,
  submittedSchema,
} from "@shadowfarm/core/api/experiments";
import { paperSchema } from "@shadowfarm/core/api/papers";
import { InvalidInput } from "@shadowfarm/core/errors";
import { type Experiment, parseExperiment } from "@shadowfarm/core/experiment";
import { experimentStates, type JobState } from "@shadowfarm/core/job";
import { countByKind } from "@shadowfarm/core/plan";
import type { Progress } from "@shadowfarm/core/progress";
import { type CheckedExperiment, checkExperiment, MANY_JOBS } from "@shadowfarm/ml/check-experiment";
import { catalogIn } from "@shadowfarm/ml/data-source";
import {
  type ExperimentBrief,
  failureGroups,
  pageOfExperiments,
  progressByDataset,
} from "@shadowfarm/store/experiment-pages";
import {
  cancelExperiment,
  changeTerms,
  doneAmong,
  findExperiment,
  retryFailed,
  submitExperiment,
} from "@shadowfarm/store/experiments";
import { progressNow } from "@shadowfarm/store/progress";
import { listResults } from "@shadowfarm/store/results";
import { currentShares } from "@shadowfarm/store/shares";
import { z } from "zod";
import { besidePaper } from "../beside-paper.ts";
import { time } from "../json.ts";
import { decodeCursor, encodeCursor, pageQuery } from "../request.ts";
import { type Resources, type Route, route, together } from "../route.ts";

const tag = "experiments";
const one = z.strictObject({ experiment: z.string().max(100).describe("id, or name for the newest of that name") });
const text = z.string().max(100);

const terms = {
  priority: z.int().min(-999_999).max(999_999).optional().describe("higher ones go first"),
  weight: z.number().min(0.001).max(1_000).optional().describe("its part of its user's share"),
  concurrency: z.int().min(1).max(99_999).nullable().optional().describe("jobs at a time; null: any number"),
  labels: z
    .array(z.string().regex(/^[\w.-]{1,63}$/))
    .max(100)
    .optional()
    .describe("only workers that have all of them take its jobs"),
  memory: z.int().min(0).max(1_000_000).optional().describe("gigabytes that they must have for each job"),
};
const specBody = z.strictObject({ spec: z.record(z.string(), z.unknown()).describe("an experiment file's content") });

/** Only what was given: what is left out stays as it is. */
function given<T extends object>(all: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as never;
}

async function check(spec: unknown, { place }: Resources): Promise<CheckedExperiment> {
  // Tables may have been imported since the API started.
  const catalog = await catalogIn(place.datasetFolders);
  const experiment: Experiment = parseExperiment(spec, catalog);
  return checkExperiment(experiment, catalog, place);
}

async function describe(experiments: readonly ExperimentBrief[], { store }: Resources) {
  const progress = await progressNow(store, experiments);
  return experiments.map((experiment) => {
    const { id, name, state, error, user, priority, weight, concurrency, labels, memory, engine, datasets } =
      experiment;
    return {
      ...{ id, name, state, error, user, priority, weight, concurrency, labels, memory, engine, datasets },
      submittedAt: time(experiment.submittedAt),
      finishedAt: time(experiment.finishedAt),
      progress: progress.get(id) as Progress,
    };
  });
}

export const experimentRoutes: Route[] = [
  route({
    method: "get",
    path: "/experiments",
    role: "reader",
    tag,
    summary: "Experiments, the newest first",
    query: z.strictObject({
      ...pageQuery(200, 50),
      state: z.enum(experimentStates).optional(),
      user: text.optional(),
      name: text.optional().describe("a part of the name"),
    }),
    answer: { name: "Experiments", schema: experimentsSchema },
    keeping: together,
    async handle({ query, url, resources }) {
      const place = z.strictObject({ submittedAt: z.iso.datetime(), id: text });
      const after = decodeCursor(url, query.cursor, place);
      const { experiments, next } = await pageOfExperiments(resources.reader, query, query.limit, after);
      return { experiments: await describe(experiments, resources), nextCursor: next && encodeCursor(url, next) };
    },
  }),
  route({
    method: "post",
    path: "/experiments",
    role: "submitter",
    tag,
    summary: "Submit an experiment; the same again retries what failed and keeps what is done",
    body: specBody.extend({
      ...terms,
      many: z.boolean().default(false).describe(`accept more than ${MANY_JOBS} jobs`),
    }),
    status: 201,
    answer: { name: "Submitted", schema: submittedSchema },
    async handle({ body: { spec: written, many, ...asked }, caller, resources, response }) {
      const { plan, ...submission } = await check(written, resources);
      const keys = plan.jobs.map(({ key }) => key);
      if (keys.length > MANY_JOBS && !many) {
        throw new InvalidInput(
          `the experiment needs ${keys.length} jobs, more than ${MANY_JOBS}; say "many": true if that is meant`,
        );
      }
      const user = caller.token || resources.user;
      const id = await submitExperiment(resources.store, submission, { user, ...given(asked) });
      response.location(`/api/experiments/${id}`);
      const cached = (await doneAmong(resources.store, keys)).size;
      return { id, name: submission.spec.name, cells: plan.cells.length, jobs: keys.length, cached };
    },
  }),
  route({
    method: "post",
    path: "/plans",
    role: "submitter",
    tag,
    summary: "What an experiment would do, without doing it",
    body: specBody,
    answer: { name: "Plan", schema: planSchema },
    async handle({ body, resources }) {
      const { plan, spec, datasets, engine } = await check(body.spec, resources);
      const byKind = countByKind(plan.jobs);
      const keys = plan.jobs.map(({ key }) => key);
      const cached = (await doneAmong(resources.store, keys)).size;
      return { name: spec.name, cells: plan.cells.length, jobs: keys.length, cached, byKind, datasets, engine };
    },
  }),
  route({
    method: "get",
    path: "/experiments/:experiment",
    role: "reader",
    tag,
    summary: "One experiment with its file, and its jobs by dataset and kind",
    params: one,
    answer: { name: "Experiment", schema: experimentDetailSchema },
    async handle({ params, resources }) {
      const { spec, ...experiment } = await findExperiment(resources.store, params.experiment);
      const [[brief], shares, counts] = await Promise.all([
        describe([experiment], resources),
        currentShares(resources.store),
        progressByDataset(resources.reader, experiment.id),
      ]);
      const grid = new Map<string, z.input<typeof experimentDetailSchema>["grid"][number]>();
      for (const { dataset, kind, state, count } of counts) {
        const cell = grid.get(`${dataset} ${kind}`) ?? { dataset, kind, counts: {} };
        (cell.counts as Record<JobState, number>)[state] = count;
        grid.set(`${dataset} ${kind}`, cell);
      }
      if (!brief) throw new TypeError("an experiment has no description");
      return { ...brief, spec, share: shares.get(experiment.id) ?? null, grid: [...grid.values()] };
    },
  }),
  route({
    method: "get",
    path: "/experiments/:experiment/failures",
    role: "reader",
    tag,
    summary: "What failed, by error, with the last lines of one of each",
    params: one,
    answer: { name: "Failures", schema: failuresSchema },
    async handle({ params, resources: { reader, store } }) {
      const { id } = await findExperiment(store, params.experiment);
      return { failures: await failureGroups(reader, id) };
    },
  }),
  route({
    method: "get",
    path: "/experiments/:experiment/paper",
    role: "reader",
    tag,
    summary: "The published numbers of its file beside its own",
    params: one,
    answer: { name: "Paper", schema: paperSchema },
    async handle({ params, resources: { store } }) {
      const { id, spec } = await findExperiment(store, params.experiment);
      const results = await listResults(store, { experiment: id });
      return { comparisons: besidePaper(spec.paper ?? [], results) };
    },
  }),
  route({
    method: "patch",
    path: "/experiments/:experiment",
    role: "submitter",
    tag,
    summary: "Change how an experiment takes part in the farm, from the next job on",
    params: one,
    body: z.strictObject(terms),
    answer: {
      name: "Terms",
      schema: z.object({
        id: z.string(),
        priority: z.int(),
        weight: z.number(),
        concurrency: z.int().nullable(),
        labels: z.array(z.string()),
        memory: z.int(),
      }),
    },
    async handle({ params, body, resources: { store } }) {
      const asked = given(body);
      if (Object.keys(asked).length === 0) {
        throw new InvalidInput("nothing to change; give priority, weight, concurrency, labels or memory");
      }
      const { id } = await findExperiment(store, params.experiment);
      await changeTerms(store, id, asked);
      const { priority, weight, concurrency, labels, memory } = await findExperiment(store, id);
      return { id, priority, weight, concurrency, labels, memory };
    },
  }),
  route({
    method: "post",
    path: "/experiments/:experiment/cancel",
    role: "submitter",
    tag,
    summary: "Stop an experiment; what is done is kept",
    params: one,
    answer: { name: "Cancelled", schema: cancelledSchema },
    async handle({ params, resources: { store } }) {
      const { id } = await findExperiment(store, params.experiment);
      return { id, jobs: await cancelExperiment(store, id) };
    },
  }),
  route({
    method: "post",
    path: "/experiments/:experiment/retry",
    role: "submitter",
    tag,
    summary: "Run what failed again, and what waited behind it",
    params: one,
    answer: { name: "Retried", schema: retriedSchema },
    async handle({ params, resources: { store } }) {
      const { id } = await findExperiment(store, params.experiment);
      return { id, jobs: await retryFailed(store, id) };
    },
  }),
];
