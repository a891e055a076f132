import type { groupsSchema } from "@shadowfarm/core/api/results";
import { latexTable, latexText } from "@shadowfarm/core/latex";
import type { z } from "zod";
import { csvCell } from "./csv.ts";

/** Groups as `/results/groups` answers them. */
export type Groups = z.input<typeof groupsSchema>["groups"];

/** A line a group; of each metric the mean, the standard deviation, the interval and how many results have it. */
export function csvOfGroups(groups: Groups, metrics: readonly string[]): string {
  const by = dimensionsOf(groups);
  const numbers = ["mean", "sd", "low", "high", "n"] as const;
  const head = [
    ...by,
    "n",
    "mixed",
    "synthetic",
    ...metrics.flatMap((metric) => numbers.map((name) => `${metric} ${name}`)),
  ];
  const lines = groups.map((group) => [
    ...by.map((dimension) => textOf(group.by[dimension])),
    ...[group.n, group.mixed, group.synthetic],
    ...metrics.flatMap((metric) => numbers.map((name) => group.metrics[metric]?.[name] ?? null)),
  ]);
  return `${[head, ...lines].map((cells) => cells.map(csvCell).join(",")).join("\n")}\n`;
}

/** A table for a paper: mean ± sd, as many digits as the deviation allows; what all groups have in common is said above it. */
export function latexOfGroups(groups: Groups, metrics: readonly string[]): string {
  const by = dimensionsOf(groups);
  const varying = by.filter((dimension) => new Set(groups.map((group) => textOf(group.by[dimension]))).size > 1);
  const common = by.filter((dimension) => !varying.includes(dimension));
  const synthetic = groups.some((group) => group.synthetic > 0);
  const columns = [
    ...varying.map((title) => ({ title })),
    { title: "n", align: "right" as const },
    ...metrics.map((title) => ({ title, align: "right" as const })),
  ];
  const rows = groups.map((group) => [
    ...varying.map((dimension) => textOf(group.by[dimension])),
    `${group.n}${group.synthetic > 0 ? "*" : ""}`,
    ...metrics.map((metric) => meanAndSd(group.metrics[metric])),
  ]);
  return [
    "% needs \\usepackage{booktabs}; mean ± standard deviation over n results",
    ...common.map((dimension) => `% ${latexText(`${dimension}: ${textOf(groups[0]?.by[dimension])}`)}`),
    ...(synthetic ? ["% * with results on synthetic data"] : []),
    latexTable(columns, rows),
    "",
  ].join("\n");
}

function dimensionsOf(groups: Groups): string[] {
  return Object.keys(groups[0]?.by ?? {});
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function meanAndSd(found: Groups[number]["metrics"][string] | undefined): string {
  if (!found || found.mean === null) return "n/a";
  const mean = found.mean.toFixed(3).replace("-", "−");
  return found.sd === null ? mean : `${mean} ± ${found.sd.toFixed(3)}`;
}
