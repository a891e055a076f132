import {
  auditSchema,
  catalogSchema,
  datasetsSchema,
  meSchema,
  userSchema,
  usersSchema,
  workersSchema,
} from "@shadowfarm/core/api/farm";
import { listUnits } from "@shadowfarm/core/unit-listing";
import { VERSION } from "@shadowfarm/core/version";
import { catalogIn } from "@shadowfarm/ml/data-source";
import { datasetListing, knownDatasets, lookUp } from "@shadowfarm/ml/known-datasets";
import { findExperiment } from "@shadowfarm/store/experiments";
import { listUsers, weighUser } from "@shadowfarm/store/shares";
import { pageOfAudit } from "@shadowfarm/store/tokens";
import { listWorkers } from "@shadowfarm/store/worker-status";
import { z } from "zod";
import { time } from "../json.ts";
import { decodeCursor, encodeCursor, pageQuery } from "../request.ts";
import { type Route, route } from "../route.ts";

const tag = "farm";
const text = z.string().max(100);

export const farmRoutes: Route[] = [
  route({
    method: "get",
    path: "/me",
    role: "reader",
    tag,
    summary: "Who asks, and what they may do",
    answer: { name: "Me", schema: meSchema },
    handle: ({ caller }) => ({ name: caller.token, role: caller.role, version: VERSION }),
  }),
  route({
    method: "get",
    path: "/events",
    role: "reader",
    tag,
    summary:
      "Live progress as server-sent events: `experiment` with its state and progress, `results` when there are new ones",
    query: z.strictObject({ experiment: text.optional().describe("id or name; default: all") }),
    answer: { mediaType: "text/event-stream", describe: "the data of each event are JSON" },
    async handle({ query, response, resources: { events, store } }) {
      const id = query.experiment === undefined ? null : (await findExperiment(store, query.experiment)).id;
      events.attach(response, id);
      return undefined;
    },
  }),
  route({
    method: "get",
    path: "/catalog",
    role: "reader",
    tag,
    summary: "Every dataset, model, attack and defense, with its paper and parameters",
    answer: { name: "Catalog", schema: catalogSchema },
    handle: async ({ resources: { place, definitions } }) => ({
      units: listUnits(await catalogIn(place.datasetFolders)).map((unit) => ({
        ...unit,
        definition: [...(definitions.get(`${unit.kind} ${unit.name}`) ?? [])],
      })),
    }),
  }),
  route({
    method: "get",
    path: "/datasets",
    role: "reader",
    tag,
    summary: "Every dataset, and what this machine has of it",
    answer: { name: "Datasets", schema: datasetsSchema },
    // Files are looked through, which takes a while; they seldom change.
    keeping: { version: async () => Math.floor(Date.now() / 60_000), freshMs: 2_000 },
    async handle({ resources: { place } }) {
      const { known, problems } = await knownDatasets(place.datasetFolders);
      const datasets = await Promise.all(
        Object.values(known).map(async (dataset) =>
          datasetListing({ dataset, found: await lookUp(dataset, place.datasetFolders) }),
        ),
      );
      return {
        datasets: datasets.map(({ downloads, data, ...dataset }) => ({
          ...dataset,
          downloads: [...downloads],
          data: data as "real" | "synthetic" | null,
        })),
        problems: [...problems],
      };
    },
  }),
  route({
    method: "get",
    path: "/workers",
    role: "reader",
    tag,
    summary: "Workers that were heard of within a day",
    answer: { name: "Workers", schema: workersSchema },
    handle: async ({ resources: { reader } }) => ({
      workers: (await listWorkers(reader)).map((worker) => ({
        ...worker,
        startedAt: time(worker.startedAt),
        heartbeat: time(worker.heartbeat),
        stoppedAt: time(worker.stoppedAt),
      })),
    }),
  }),
  route({
    method: "get",
    path: "/users",
    role: "reader",
    tag,
    summary: "Who shares the farm, and their parts of it",
    answer: { name: "Users", schema: usersSchema },
    handle: async ({ resources: { store } }) => ({ users: await listUsers(store) }),
  }),
  route({
    method: "put",
    path: "/users/:name",
    role: "admin",
    tag,
    summary: "Set a user's part of the farm",
    params: z.strictObject({ name: text }),
    body: z.strictObject({ weight: z.number().min(0.001).max(1_000) }),
    answer: { name: "User", schema: userSchema },
    async handle({ params, body, resources: { store } }) {
      await weighUser(store, params.name, body.weight);
      return { name: params.name, weight: body.weight };
    },
  }),
  route({
    method: "get",
    path: "/audit",
    role: "admin",
    tag,
    summary: "What was asked that changes something, the newest first",
    query: z.strictObject(pageQuery(500, 100)),
    answer: { name: "Audit", schema: auditSchema },
    async handle({ query, url, resources: { store } }) {
      const before = decodeCursor(url, query.cursor, z.int().min(1));
      const { entries, next } = await pageOfAudit(store, query.limit, before);
      return {
        entries: entries.map((entry) => ({ ...entry, at: time(entry.at) })),
        nextCursor: next === null ? null : encodeCursor(url, next),
      };
    },
  }),
];
