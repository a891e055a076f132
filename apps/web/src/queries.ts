import type { experimentDetailSchema, experimentsSchema, failuresSchema } from "@shadowfarm/core/api/experiments";
import type {
  auditSchema,
  catalogSchema,
  datasetsSchema,
  meSchema,
  usersSchema,
  workersSchema,
} from "@shadowfarm/core/api/farm";
import type { jobDetailSchema, jobsSchema, logsSchema } from "@shadowfarm/core/api/jobs";
import type { paperDetailSchema, paperSchema, papersSchema } from "@shadowfarm/core/api/papers";
import type {
  dimensionsSchema,
  frontierSchema,
  groupsSchema,
  picturesSchema,
  provenanceSchema,
  resultDetailSchema,
  resultsSchema,
  rocBandsSchema,
  rocSchema,
  scoresSchema,
  verificationSchema,
} from "@shadowfarm/core/api/results";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import { ask } from "./api.ts";

/** Filters and other fields of a request, as `/docs` lists them. */
export type Search = Readonly<Record<string, unknown>>;

/** One answer of the API, by its schema; its key is the path first, so that live events find it. */
function one<S extends z.ZodType>(path: string, search: Search = {}) {
  return queryOptions({
    queryKey: [path, search],
    queryFn: ({ signal }) => ask<z.output<S>>(path, { search, signal }),
  });
}

/** A list in pages, by the schema of a page. */
function pages<S extends z.ZodType<{ nextCursor: string | null }>>(path: string, search: Search = {}) {
  return infiniteQueryOptions({
    queryKey: [path, "pages", search],
    queryFn: ({ signal, pageParam }) => ask<z.output<S>>(path, { search: { ...search, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
}

const at = encodeURIComponent;

/** Everything that pages ask for: `useQuery(queries.workers())`. */
export const queries = {
  me: () => one<typeof meSchema>("/me"),
  experiments: (search: Search) => pages<typeof experimentsSchema>("/experiments", search),
  someExperiments: (search: Search) => one<typeof experimentsSchema>("/experiments", search),
  experiment: (id: string) => one<typeof experimentDetailSchema>(`/experiments/${at(id)}`),
  failures: (id: string) => one<typeof failuresSchema>(`/experiments/${at(id)}/failures`),
  paper: (id: string) => one<typeof paperSchema>(`/experiments/${at(id)}/paper`),
  jobs: (search: Search) => pages<typeof jobsSchema>("/jobs", search),
  job: (key: string) => one<typeof jobDetailSchema>(`/jobs/${at(key)}`),
  logs: (key: string) => one<typeof logsSchema>(`/jobs/${at(key)}/logs`),
  results: (search: Search) => pages<typeof resultsSchema>("/results", search),
  groups: (search: Search) => one<typeof groupsSchema>("/results/groups", search),
  dimensions: (search: Search = {}) => one<typeof dimensionsSchema>("/results/dimensions", search),
  bands: (search: Search) => one<typeof rocBandsSchema>("/results/bands", search),
  frontier: (search: Search) => one<typeof frontierSchema>("/results/frontier", search),
  result: (key: string) => one<typeof resultDetailSchema>(`/results/${at(key)}`),
  provenance: (key: string, search: Search = {}) =>
    one<typeof provenanceSchema>(`/results/${at(key)}/provenance`, search),
  roc: (key: string, search: Search = {}) => one<typeof rocSchema>(`/results/${at(key)}/roc`, search),
  scores: (key: string, search: Search = {}) => one<typeof scoresSchema>(`/results/${at(key)}/scores`, search),
  pictures: (key: string) => one<typeof picturesSchema>(`/results/${at(key)}/pictures`),
  verification: (key: string) => one<typeof verificationSchema>(`/results/${at(key)}/verification`),
  papers: () => one<typeof papersSchema>("/papers"),
  paperDetail: (id: string) => one<typeof paperDetailSchema>(`/papers/${at(id)}`),
  workers: () => one<typeof workersSchema>("/workers"),
  datasets: () => one<typeof datasetsSchema>("/datasets"),
  catalog: () => one<typeof catalogSchema>("/catalog"),
  users: () => one<typeof usersSchema>("/users"),
  audit: () => pages<typeof auditSchema>("/audit"),
};
