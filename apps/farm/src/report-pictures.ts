import type { ScoreHistogram } from "@shadowfarm/core/histogram";
import { catalog } from "@shadowfarm/ml/catalog";
import type { ResultRow } from "@shadowfarm/store/results";
import { type AucPoint, plotAucByQueries } from "@shadowfarm/web/plots/auc-by-queries";
import { plotScoreHistogram } from "@shadowfarm/web/plots/score-histogram";
import { parseHTML } from "linkedom";
import { groupsOf, nameOf, type TableContent, targetName } from "./tables.ts";

/** A picture of the report, for which a page has room and Markdown has not. */
export interface Figure {
  caption: string;
  svg: string;
}

/** A report's parts, in order. */
export type Part = { heading: string; text?: string; table?: TableContent; figures?: readonly Figure[] };

/** The scores of one combination's first repeat. */
export interface NamedHistogram {
  name: string;
  histogram: ScoreHistogram;
}

/** What a page shows besides its tables. */
export function picturesOf(results: readonly ResultRow[], histograms: readonly NamedHistogram[]): Part[] {
  const { document } = parseHTML("<html><body></body></html>");
  const parts: Part[] = [];
  const curves = curvesOf(results);
  if (curves.length > 0) {
    parts.push({
      heading: "AUC by queries",
      text: "What fewer queries a record would have shown, from the same run; the band is the 95 % interval of the first repeat.",
      figures: curves.map(({ name, points }) => ({ caption: name, svg: plotAucByQueries(points, document).outerHTML })),
    });
  }
  if (histograms.length > 0) {
    parts.push({
      heading: "Scores",
      text: "Of members above the line, of non-members below it; first repeat.",
      figures: histograms.map(({ name, histogram }) => ({
        caption: name,
        svg: plotScoreHistogram(histogram, {}, document).outerHTML,
      })),
    });
  }
  return parts;
}

/** A picture for each target, with a line for each attack. */
function curvesOf(results: readonly ResultRow[]): { name: string; points: AucPoint[] }[] {
  const targets = new Map<string, AucPoint[][]>();
  for (const { first } of groupsOf(results)) {
    const line = lineOf(first);
    if (line.length === 0) continue;
    const name = targetName(first);
    const lines = targets.get(name) ?? [];
    targets.set(name, [
      ...lines.filter((other) => !goesOn(line, other)),
      ...(lines.some((other) => goesOn(other, line)) ? [] : [line]),
    ]);
  }
  return [...targets].map(([name, lines]) => ({ name, points: lines.flat() }));
}

/** Whether one line is the other, or goes on from it: of a sweep over budgets or thresholds the longest says it all. */
function goesOn(one: readonly AucPoint[], other: readonly AucPoint[]): boolean {
  return other.every(({ queries, auc }, at) => one[at]?.queries === queries && one[at]?.auc === auc);
}

function lineOf(row: ResultRow): AucPoint[] {
  const { queries: _queries, threshold: _threshold, ...params } = row.attackParams;
  const series = nameOf(catalog.attacks[row.attack], row.attack, params);
  return (row.metrics.byQueries ?? []).map(({ queries, auc, aucInterval: [from, to] }) => ({
    ...{ series, queries, auc, from, to },
  }));
}
