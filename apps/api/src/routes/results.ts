import {
  dimensionsSchema,
  frontierSchema,
  groupsSchema,
  provenanceSchema,
  resultDetailSchema,
  resultsSchema,
  rocBandsSchema,
  rocSchema,
  scoresSchema,
  verificationSchema,
} from "@shadowfarm/core/api/results";
import type { Catalog } from "@shadowfarm/core/catalog";
import { type Dimension, dimensionsOf, type Measure, measures, plainDimensions } from "@shadowfarm/core/dimensions";
import { ArtifactCorrupt, NotFound } from "@shadowfarm/core/errors";
import { chance, frontiersOf, leakMetrics, paretoSet, settingOf, strengthLines } from "@shadowfarm/core/frontier";
import { type Group, groupsBy } from "@shadowfarm/core/groups";
import { scoreHistogram } from "@shadowfarm/core/histogram";
import { aucInterval, delong, type Interval } from "@shadowfarm/core/intervals";
import type { Metrics } from "@shadowfarm/core/metrics";
import { rocCurve, thinRoc } from "@shadowfarm/core/roc";
import { rocBand } from "@shadowfarm/core/roc-band";
import { summaryOf } from "@shadowfarm/core/summary";
import { provenanceOf } from "@shadowfarm/store/job-rows";
import { type GroupedMeasure, groupsOf, type RowGroup } from "@shadowfarm/store/result-groups";
import { intervalsOf, sampledInterval } from "@shadowfarm/store/result-intervals";
import { fullRows } from "@shadowfarm/store/result-rows";
import { valuesOf } from "@shadowfarm/store/result-values";
import type { ResultRow } from "@shadowfarm/store/results";
import { findResult, scoresOf } from "@shadowfarm/store/scores";
import { z } from "zod";
import { exportRoutes } from "../exports.ts";
import { csvOfGroups, type Groups, latexOfGroups } from "../group-tables.ts";
import { jobAnswer } from "../json.ts";
import { learningOf } from "../learning.ts";
import { decodeCursor, encodeCursor, pageQuery } from "../request.ts";
import { filterOf, filterShape, sortOf, sortSchema } from "../result-query.ts";
import { FRESH_MS, type Resources, type Route, route, Written } from "../route.ts";
import { verifyResult } from "../verification.ts";
import { writtenPage } from "../written-page.ts";

const tag = "results";
/** Results whose whole metrics are read at once. */
const MOST_COMPARED = 5_000;
const MOST_GROUPS = 5_000;
const versionOfResults = ({ results }: Resources) => results.version();
/** Results whose scores are read at once. */
const MOST_CURVES = 200;

export function resultRoutes(catalog: Catalog): Route[] {
  const filters = filterShape(catalog);
  const dimensions = dimensionsOf(catalog);
  const dimensionSchema = z.enum(dimensions as [Dimension, ...Dimension[]]);
  const one = z.strictObject({
    key: z.string().max(100).describe("the key of the attack job, or six or more of its first digits"),
  });
  return [
    route({
      method: "get",
      path: "/results",
      role: "reader",
      tag,
      summary: "Results, each a cell in one repeat",
      query: z.strictObject({ ...pageQuery(1_000, 100), sort: sortSchema, ...filters }),
      answer: { name: "Results", schema: resultsSchema },
      keeping: { version: versionOfResults, freshMs: 0 },
      async handle({ query, url, resources }) {
        const place = z.strictObject({ value: z.number(), id: z.int() });
        const after = decodeCursor(url, query.cursor, place);
        const { texts, next } = await writtenPage(resources, filterOf(query), sortOf(query.sort), query.limit, after);
        return new Written(listOf(texts, next && encodeCursor(url, next)));
      },
    }),
    ...groupRoutes(dimensionSchema, filters),
    route({
      method: "get",
      path: "/results/dimensions",
      role: "reader",
      tag,
      summary: "What results can be filtered and grouped by, and the values that occur",
      query: z.strictObject({
        of: dimensionSchema.optional().describe("default: the plain dimensions but origin and machine"),
      }),
      answer: { name: "Dimensions", schema: dimensionsSchema },
      keeping: { version: versionOfResults, freshMs: FRESH_MS },
      async handle({ query, resources: { results } }) {
        const asked = query.of ? [query.of] : plainDimensions.filter((name) => name !== "origin" && name !== "machine");
        const values = await results.ask((memory) => valuesOf(memory, asked));
        return { dimensions, measures: [...measures], values: Object.fromEntries(values) };
      },
    }),
    route({
      method: "get",
      path: "/results/frontier",
      role: "reader",
      tag,
      summary: "What defenses cost: accuracy beside leakage, setting by setting",
      query: z.strictObject({ metric: z.enum(leakMetrics).default("auc"), ...filters }),
      answer: { name: "Frontiers", schema: frontierSchema },
      keeping: { version: versionOfResults, freshMs: FRESH_MS },
      async handle({ query, resources: { scanner } }) {
        const { metric } = query;
        const frontiers = frontiersOf(await fullRows(scanner, filterOf(query), MOST_COMPARED));
        return {
          metric,
          chance: chance[metric],
          frontiers: frontiers.map(({ setting, points }) => {
            const best = new Set(paretoSet(points, metric));
            const ordered = strengthLines(points).flatMap((line, at) =>
              line.map((point) => ({ point, line: line.length > 1 ? at : null })),
            );
            return {
              setting,
              points: ordered.map(({ point, line }) => ({
                defense: point.defense,
                defenseParams: point.defenseParams,
                accuracy: point.accuracy,
                leak: point.leaks[metric],
                pareto: best.has(point),
                line,
                attacks: point.byAttack.length,
              })),
            };
          }),
        };
      },
    }),
    route({
      method: "get",
      path: "/results/bands",
      role: "reader",
      tag,
      summary: "ROC curves of combinations: means over their repeats, and how far these are apart",
      query: z.strictObject(filters),
      answer: { name: "RocBands", schema: rocBandsSchema },
      keeping: { version: versionOfResults, freshMs: FRESH_MS },
      async handle({ query, resources: { scanner, artifacts } }) {
        const rows = await fullRows(scanner, filterOf(query), MOST_CURVES);
        const combinations = groupsBy(rows, combinationOf);
        return {
          bands: await Promise.all(combinations.map((repeats) => bandOf(repeats, { reader: scanner, artifacts }))),
        };
      },
    }),
    ...exportRoutes(filters),
    route({
      method: "get",
      path: "/results/:key",
      role: "reader",
      tag,
      summary: "One result with all its metrics and their intervals",
      params: one,
      answer: { name: "Result", schema: resultDetailSchema },
      handle: ({ params, resources: { reader } }) => findResult(reader, params.key),
    }),
    route({
      method: "get",
      path: "/results/:key/provenance",
      role: "reader",
      tag,
      summary:
        "Where a result comes from: every job of the target's way, with artifacts, machine, engine, version and losses",
      params: one,
      query: z.strictObject({
        shadows: z.int().min(0).max(16).default(0).describe("of so many other models the losses come along"),
      }),
      answer: { name: "Provenance", schema: provenanceSchema },
      async handle({ params, query, resources: { reader, artifacts } }) {
        const { jobKey } = await findResult(reader, params.key);
        const { chain, others } = await provenanceOf(reader, jobKey);
        const learning = await learningOf(reader, artifacts, jobKey, chain, query.shadows);
        return { chain: chain.map(jobAnswer), others, ...learning };
      },
    }),
    route({
      method: "get",
      path: "/results/:key/verification",
      role: "reader",
      tag,
      summary: "Whether what the target's way left is unaltered, and gives the result's numbers to the bit",
      params: one,
      answer: { name: "Verification", schema: verificationSchema },
      handle: ({ params, resources: { reader, artifacts } }) =>
        verifyResult(reader, artifacts, params.key, { others: false }),
    }),
    route({
      method: "get",
      path: "/results/:key/roc",
      role: "reader",
      tag,
      summary: "The ROC curve of a result, from its scores",
      params: one,
      query: z.strictObject({ points: z.int().min(10).max(5_000).default(500).describe("at most so many") }),
      answer: { name: "Roc", schema: rocSchema },
      async handle({ params, query, resources: { reader, artifacts } }) {
        const { scores, isMember } = await scoresOf(reader, artifacts, params.key);
        const roc = rocCurve(scores, isMember);
        const { members, nonMembers, truePositives, falsePositives } = roc;
        const variance = delong(truePositives, falsePositives);
        return {
          members,
          nonMembers,
          smallestFpr: 1 / nonMembers,
          auc: variance.auc,
          aucInterval: aucInterval(variance, members, nonMembers),
          points: thinRoc(roc, query.points),
        };
      },
    }),
    route({
      method: "get",
      path: "/results/:key/scores",
      role: "reader",
      tag,
      summary: "Scores of members and non-members: histogram, the most exposed records, and every one when asked for",
      params: one,
      query: z.strictObject({
        bins: z.int().min(2).max(500).default(30),
        top: z.int().min(0).max(1_000).default(10).describe("most exposed records"),
        all: z.boolean().default(false),
      }),
      answer: { name: "Scores", schema: scoresSchema },
      async handle({ params, query, resources: { reader, artifacts } }) {
        const { scores, isMember, indices, labels } = await scoresOf(reader, artifacts, params.key);
        const recordAt = (at: number) => ({
          record: indices[at] as number,
          label: labels[at] as number,
          member: isMember[at] === 1,
          score: scores[at] as number,
        });
        const members = [...scores.keys()].filter((at) => isMember[at] === 1);
        const exposed = members.sort((one, other) => (scores[other] as number) - (scores[one] as number));
        return {
          records: scores.length,
          histogram: scoreHistogram(scores, isMember, query.bins),
          exposed: exposed.slice(0, query.top).map(recordAt),
          ...(query.all && { scores: [...scores.keys()].map(recordAt) }),
        };
      },
    }),
  ];
}

/** The answer of a list, from rows that are written already. */
function listOf(texts: readonly Buffer[], nextCursor: string | null): Buffer {
  const parts: Buffer[] = [Buffer.from('{"results":[')];
  for (const text of texts) parts.push(text, comma);
  if (texts.length > 0) parts.pop();
  parts.push(Buffer.from(`],"nextCursor":${JSON.stringify(nextCursor)}}`));
  return Buffer.concat(parts);
}

const comma = Buffer.from(",");

/** What repeats have in common. */
function combinationOf(result: ResultRow): Record<string, unknown> {
  const { attack, attackParams, attacker, defense, defenseParams } = result;
  return { ...settingOf(result), attack, attackParams, attacker, defense, defenseParams };
}

/** Of the repeats whose scores are there: one whose scores are not takes no other from the picture. */
async function bandOf(repeats: Group<ResultRow>, { reader, artifacts }: Pick<Resources, "reader" | "artifacts">) {
  const found = await Promise.all(
    repeats.map(async ({ jobKey }) => {
      try {
        const { scores, isMember } = await scoresOf(reader, artifacts, jobKey);
        return { jobKey, roc: rocCurve(scores, isMember) };
      } catch (error) {
        if (error instanceof NotFound) return "removed";
        if (error instanceof ArtifactCorrupt) return "altered";
        throw error;
      }
    }),
  );
  const [first, ...others] = found.filter((one) => typeof one === "object");
  const band = first ? rocBand([first.roc, ...others.map(({ roc }) => roc)]) : { n: 0, smallestFpr: null, points: [] };
  return {
    setting: combinationOf(repeats[0]),
    example: first?.jobKey ?? repeats[0].jobKey,
    removed: found.filter((one) => one === "removed").length,
    altered: found.filter((one) => one === "altered").length,
    ...band,
  };
}

const groupFormats = {
  "/results/groups": {
    how: "Means",
    answer: { name: "Groups", schema: groupsSchema },
    write: (groups: Groups): z.input<typeof groupsSchema> | Written => ({ groups }),
  },
  "/results/groups.csv": {
    how: "CSV of the means",
    answer: { mediaType: "text/csv; charset=utf-8", describe: "a line a group" },
    write: (groups: Groups, metrics: readonly Measure[]) => new Written(csvOfGroups(groups, metrics)),
  },
  "/results/groups.tex": {
    how: "LaTeX table of the means",
    answer: { mediaType: "application/x-tex; charset=utf-8", describe: "a tabular in the style of booktabs" },
    write: (groups: Groups, metrics: readonly Measure[]) => new Written(latexOfGroups(groups, metrics)),
  },
} as const;

/** `GET /results/groups`, and the same as tables for spreadsheets and papers. */
function groupRoutes(
  dimension: z.ZodEnum<Record<string, Dimension>>,
  filters: ReturnType<typeof filterShape>,
): Route[] {
  return Object.entries(groupFormats).map(([path, { how, answer, write }]) =>
    route({
      method: "get",
      path,
      role: "reader",
      tag,
      summary: `${how} over the results that agree in some dimensions; by default over the repeats of each combination`,
      query: z.strictObject({
        by: z.array(dimension).max(12).optional().describe("dimensions; none: each combination by itself"),
        metric: z.array(z.enum(measures)).max(measures.length).default(["auc"]),
        limit: z
          .int()
          .min(1)
          .max(MOST_GROUPS)
          .default(1_000)
          .describe("more groups than this are a problem, not cut off"),
        ...filters,
      }),
      answer,
      keeping: { version: versionOfResults, freshMs: FRESH_MS },
      async handle({ query, resources: { reader, results } }) {
        const by = [...new Set(query.by ?? [])];
        const wanted = [...new Set(query.metric)];
        const groups = await results.ask((memory) => groupsOf(memory, filterOf(query), by, wanted, query.limit));
        const single = groups.filter(({ n }) => n === 1).map(({ example }) => example);
        const intervals = await intervalsOf(reader, single);
        return write(
          groups.map((group) =>
            groupAnswer(group, by, wanted, group.n === 1 ? intervals.get(group.example) : undefined),
          ),
          wanted,
        );
      },
    }),
  );
}

/** @param intervals of the only result of a group by itself */
function groupAnswer(
  { key, setting, measures: found, ...group }: RowGroup,
  by: readonly Dimension[],
  wanted: readonly Measure[],
  intervals: Metrics["intervals"] | undefined,
): Groups[number] {
  return {
    by: setting ?? Object.fromEntries(by.map((dimension, at) => [dimension, key[at]])),
    ...group,
    metrics: Object.fromEntries(
      wanted.map((measure) => {
        const own = intervals ? sampledInterval(intervals, measure) : null;
        return [measure, spreadOf(measure, found[measure] as GroupedMeasure, group.mixed, own)];
      }),
    ),
  };
}

type Spread = z.input<typeof groupsSchema>["groups"][number]["metrics"][string];

/**
 * Written out, since there are thousands. Of several combinations an interval would say nothing.
 *
 * @param own interval of the only result of the group by itself
 */
function spreadOf(measure: Measure, found: GroupedMeasure, mixed: boolean, own: Interval | null): Spread {
  const { n, mean, sd, min, max } = found;
  const ofRepeats = mixed || own ? null : summaryOf(found);
  const [low, high] = own ?? [ofRepeats?.low ?? null, ofRepeats?.high ?? null];
  const intervalOf = low === null ? null : own ? "sample" : "repeats";
  return { n, mean, sd, low, high, min, max, chance: (chance as Record<string, number>)[measure] ?? null, intervalOf };
}
