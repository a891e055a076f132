import { chance, type Frontier, frontiersOf, paretoSet, strengthLines } from "@shadowfarm/core/frontier";
import type { ScoreHistogram } from "@shadowfarm/core/histogram";
import { catalog } from "@shadowfarm/ml/catalog";
import type { ResultRow } from "@shadowfarm/store/results";
import { type AucPoint, plotAucByQueries } from "@shadowfarm/web/plots/auc-by-queries";
import { type FrontierDot, plotFrontier } from "@shadowfarm/web/plots/frontier";
import { plotScoreHistogram } from "@shadowfarm/web/plots/score-histogram";
import { parseHTML } from "linkedom";
import { attackName, bestLine, caveatsOf, defenseName, frontierTable, withInterval } from "./frontier-table.ts";
import { groupsOf, nameOf, settingNames, type TableContent, targetName } from "./tables.ts";

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

/** Largest leaks for which a page answers how accurate a model can be. */
const QUESTIONS = [0.55, 0.6, 0.7];

/** What each defense costs, for every setting that has two or more; each picture with its table below. */
export function frontierParts(results: readonly ResultRow[]): Part[] {
  const { document } = parseHTML("<html><body></body></html>");
  const frontiers = frontiersOf(results);
  const names = settingNames(frontiers.map(({ first }) => first));
  return frontiers
    .map((frontier, at) => ({ frontier, name: names[at] as string }))
    .filter(({ frontier }) => frontier.points.length > 1)
    .map(({ frontier, name }, at) => {
      const legend =
        "Test accuracy beside the AUC of the attack that is strongest on each defense; means over n repeats with 95 % intervals. Pareto: no other defense here has at least the accuracy and at most the AUC; an AUC below 0.5 counts as 0.5.";
      const answers = QUESTIONS.map((atMost) => bestLine(frontier, "auc", atMost));
      const text = [...(at === 0 ? [legend] : []), ...answers, ...caveatsOf(frontier, "auc")].join("\n");
      const labels = { leakLabel: "AUC of the strongest attack", chance: chance.auc };
      return {
        heading: `Privacy and utility: ${name}`,
        text,
        table: frontierTable(frontier, "auc"),
        figures: [
          {
            caption: `${name}. Filled and named: the Pareto set, with the accuracy that its line allows; hollow: beaten by another. Bars: 95 % intervals, as far as there is room.`,
            svg: plotFrontier(dotsOf(frontier), labels, document).outerHTML,
          },
        ],
      };
    });
}

function dotsOf({ points }: Frontier<ResultRow>): FrontierDot[] {
  const pareto = new Set(paretoSet(points, "auc"));
  return strengthLines(points).flatMap((line, number) =>
    line.flatMap((point) => {
      const { defense, defenseParams, accuracy, leaks } = point;
      const leak = leaks.auc;
      if (leak === null) return [];
      const family = points.filter((other) => other.defense === defense);
      const strength = Object.entries(defenseParams)
        .filter(([name, value]) => family.some((other) => other.defenseParams[name] !== value))
        .map(([name, value]) => `${name}=${value}`)
        .join(", ");
      return {
        ...{ family: defense, strength, line: String(number), undefended: defense === "none" },
        ...{ accuracy, leak, pareto: pareto.has(point) },
        note: `${defenseName(point)}: test accuracy ${withInterval(accuracy)}, AUC ${withInterval(leak)} by ${attackName(leak)}, n = ${leak.n}`,
      };
    }),
  );
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
