import {
  chance,
  type Frontier,
  frontiersOf,
  type LeakMetric,
  paretoSet,
  settingOf,
  strengthLines,
} from "@shadowfarm/core/frontier";
import { groupsBy } from "@shadowfarm/core/groups";
import type { ScoreHistogram } from "@shadowfarm/core/histogram";
import { guesses, matches, type PaperComparison, subjectOf } from "@shadowfarm/core/paper";
import type { RocBand } from "@shadowfarm/core/roc-band";
import { catalog } from "@shadowfarm/ml/catalog";
import type { ResultRow } from "@shadowfarm/store/results";
import { type CurvePoint, plotCurve } from "@shadowfarm/web/plots/curve";
import { type FrontierDot, plotFrontier } from "@shadowfarm/web/plots/frontier";
import type { Markup } from "@shadowfarm/web/plots/markup";
import { type MatrixCell, plotMatrix } from "@shadowfarm/web/plots/matrix";
import { plotPaper } from "@shadowfarm/web/plots/paper";
import { plotRoc, type RocSeries } from "@shadowfarm/web/plots/roc";
import { plotScoreHistogram } from "@shadowfarm/web/plots/score-histogram";
import {
  attackName,
  bestLine,
  caveatsOf,
  defenseName,
  frontierTable,
  leakTitles,
  withInterval,
} from "./frontier-table.ts";
import { combinationName, groupsOf, nameOf, settingNames, type TableContent, targetName } from "./tables.ts";

/** A picture of the report, for which a page has room and Markdown has not. */
interface Figure {
  caption: string;
  svg: Markup;
}

/** A report's parts, in order. */
export type Part = { heading: string; text?: string; table?: TableContent; figures?: readonly Figure[] };

/** What one combination's scores show: its ROC curve over all repeats, and the scores of the first. */
export interface ScoredAttack {
  first: ResultRow;
  band: RocBand;
  histogram: ScoreHistogram;
}

/** Wide enough for four panels beside each other. */
const WIDE = 900;

/** What a page shows besides its tables. */
export function picturesOf(results: readonly ResultRow[], scored: readonly ScoredAttack[]): Part[] {
  const parts: Part[] = [];
  const curves = curvesOf(results);
  if (curves.length > 0) {
    const labels = { xLabel: "queries a record", log: true, yLabel: "AUC", chance: chance.auc, most: 1, width: WIDE };
    parts.push({
      heading: "AUC by queries",
      figures: [
        {
          caption:
            "What fewer queries a record would have shown, from the same run; the band is the 95 % interval of the first repeat.",
          svg: plotCurve(curves, { title: "AUC by queries", ...labels }),
        },
      ],
    });
  }
  if (scored.length > 0) {
    parts.push(rocPart(scored), {
      heading: "Scores",
      figures: scored.map(({ first, histogram }) => ({
        caption: `${combinationName(first)}, first repeat`,
        svg: plotScoreHistogram(histogram, { title: combinationName(first), synthetic: first.data === "synthetic" }),
      })),
    });
  }
  return parts;
}

function rocPart(scored: readonly ScoredAttack[]): Part {
  const settings = groupsBy(scored, ({ first }) => settingOf(first));
  const names = settingNames(settings.map(([{ first }]) => first));
  const series = settings.flatMap((own, at) =>
    own.map(({ first, band }): RocSeries => {
      const facet = placeName(names[at] as string, first, new Set(own.map((other) => defenseName(other.first))).size);
      return {
        ...{ facet, name: attackName(first), key: first.jobKey, synthetic: first.data === "synthetic" },
        ...band,
      };
    }),
  );
  return {
    heading: "ROC",
    figures: [
      {
        caption:
          "Means over n repeats ± sd (of one repeat its 95 % interval), from the smallest false positive rate that the non-members resolve.",
        svg: plotRoc(series, { title: "ROC curves", width: WIDE }),
      },
    ],
  };
}

/** A target among those of its setting, which has so many defenses. */
function placeName(setting: string, target: Parameters<typeof defenseName>[0], defenses: number): string {
  return defenses > 1 ? `${setting}, ${defenseName(target)}` : setting;
}

const shownMetrics = ["auc", "tpr@0.01"] as const satisfies readonly LeakMetric[];

/** Which target leaks under which attack, where there is more than one of either: a picture for each metric. */
export function leakParts(results: readonly ResultRow[]): Part[] {
  const frontiers = frontiersOf(results);
  const names = settingNames(frontiers.map(({ first }) => first));
  const cellsOf = (metric: LeakMetric) =>
    frontiers.flatMap(({ first, points }, at) =>
      points.flatMap((point) =>
        point.byAttack.map((own): MatrixCell => {
          const row = placeName(names[at] as string, point, points.length);
          const column = attackName(own);
          const value = own.leaks[metric];
          // Every repeat has an AUC.
          const n = value?.n ?? own.leaks.auc?.n ?? 0;
          return { ...{ row, column, key: `${row}/${column}`, synthetic: first.data === "synthetic" }, value, n };
        }),
      ),
    );
  const figures = shownMetrics.map((metric) => ({
    caption: `${leakTitles[metric]}: means over n repeats with 95 % intervals; grey at chance.`,
    svg: plotMatrix(cellsOf(metric), {
      ...{ title: `${leakTitles[metric]} by target and attack`, metric: leakTitles[metric], chance: chance[metric] },
      width: WIDE / 2,
    }),
  }));
  return cellsOf("auc").length < 2 ? [] : [{ heading: "Which target leaks, under which attack", figures }];
}

/** Published numbers beside ours: a picture for each metric. */
export function paperFigures(comparisons: readonly PaperComparison[], results: readonly ResultRow[]): Figure[] {
  return groupsBy(comparisons, ({ metric }) => metric).map((group) => {
    const [{ metric }] = group;
    const rows = group.map(({ figure, where, value, within, ours: { mean, low, high, n } }) => ({
      ...{ label: `${figure} ${subjectOf(where)}`, key: `${figure}/${subjectOf(where)}`, theirs: value, n },
      synthetic: results.some((result) => result.data === "synthetic" && matches(result, where)),
      ours: mean === null ? null : { mean, low: low ?? mean, high: high ?? mean },
      ...(within !== undefined && { within }),
    }));
    const svg = plotPaper(rows, { title: `${metric}: the paper's and ours`, metric, chance: guesses[metric] });
    return { caption: `${metric}: hollow the paper's, filled ours with the 95 % interval over n repeats.`, svg };
  });
}

/** Largest leaks for which a page answers how accurate a model can be. */
const QUESTIONS = [0.55, 0.6, 0.7];

/** What each defense costs, for every setting that has two or more; each picture with its table below. */
export function frontierParts(results: readonly ResultRow[]): Part[] {
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
      const labels = { title: name, leakLabel: "AUC of the strongest attack", chance: chance.auc };
      return {
        heading: `Privacy and utility: ${name}`,
        text,
        table: frontierTable(frontier, "auc"),
        figures: [
          {
            caption: `${name}. Filled and named: the Pareto set, with the accuracy that its line allows; hollow: beaten by another. Bars: 95 % intervals, as far as there is room.`,
            svg: plotFrontier(dotsOf(frontier), labels),
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
        ...{ key: defenseName(point), accuracy, leak, n: leak.n, pareto: pareto.has(point) },
        note: `${defenseName(point)}: test accuracy ${withInterval(accuracy)}, AUC ${withInterval(leak)} by ${attackName(leak)}, n = ${leak.n}`,
      };
    }),
  );
}

/** A line for each attack, in a panel for each target. */
function curvesOf(results: readonly ResultRow[]): CurvePoint[] {
  const targets = new Map<string, CurvePoint[][]>();
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
  return [...targets.values()].flat(2);
}

/** Whether one line is the other, or goes on from it: of a sweep over budgets or thresholds the longest says it all. */
function goesOn(one: readonly CurvePoint[], other: readonly CurvePoint[]): boolean {
  return other.every(({ x, mean }, at) => one[at]?.x === x && one[at]?.mean === mean);
}

function lineOf(row: ResultRow): CurvePoint[] {
  const { queries: _queries, threshold: _threshold, ...params } = row.attackParams;
  const series = nameOf(catalog.attacks[row.attack], row.attack, params);
  const common = { facet: targetName(row), series, key: row.jobKey, synthetic: row.data === "synthetic", n: 1 };
  return (row.metrics.byQueries ?? []).map(({ queries, auc, aucInterval: [low, high] }) => ({
    ...{ ...common, x: queries, mean: auc, low, high },
  }));
}
