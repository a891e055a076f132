import type { ScoreHistogram } from "@shadowfarm/core/histogram";
import { createRng } from "@shadowfarm/core/rng";
import { type CurvePoint, plotCurve } from "./curve.ts";
import { type FrontierDot, plotFrontier } from "./frontier.ts";
import type { Published } from "./lines.ts";
import { type LossCurve, plotLossCurves } from "./loss-curves.ts";
import type { Markup } from "./markup.ts";
import { type MatrixCell, plotMatrix } from "./matrix.ts";
import { type PaperRow, plotPaper } from "./paper.ts";
import { type Brushes, type Dimension, type ParallelRow, plotParallel } from "./parallel.ts";
import { type Progress, type ProgressCell, plotProgress, plotProgressGrid } from "./progress.ts";
import { plotRoc, type RocSeries } from "./roc.ts";
import { plotScoreHistogram } from "./score-histogram.ts";

/** Every kind of plot of about so many rows, by the name of its golden file. */
export function plotsOf(rows: number, width?: number): Record<string, Markup> {
  const size = width === undefined ? {} : { width };
  const metric = { metric: "AUC", chance: 0.5 };
  return {
    matrix: plotMatrix(cells(rows), { title: "AUC", ...metric, ...size }),
    "matrix-tpr": plotMatrix(cells(rows, 0.01), { title: "TPR", metric: "TPR at 1 % FPR", chance: 0.01, ...size }),
    roc: plotRoc(rocs(rows), { title: "ROC", ...size }),
    "roc-linear": plotRoc(rocs(rows), { title: "ROC", linear: true, ...size }),
    curve: plotCurve(curvePoints(rows), {
      ...{ title: "AUC by queries", xLabel: "queries a record", log: true, yLabel: "AUC", chance: 0.5, most: 1 },
      ...{ published: published(rows), ...size },
    }),
    "score-histogram": plotScoreHistogram(histogram(rows), { title: "Scores", synthetic: true, ...size }),
    parallel: plotParallel(combinations(rows), dimensions, { title: "Settings", ...size }),
    "parallel-brushed": plotParallel(
      combinations(rows).map((row) => ({ ...row, faded: !isBrushed(row) })),
      dimensions,
      { title: "Settings", brushes, ...size },
    ),
    "loss-curves": plotLossCurves(losses(rows), { title: "Losses", classes: 10, ...size }),
    progress: plotProgress(progress(rows), { title: "Jobs", ...size }),
    "progress-grid": plotProgressGrid(progressCells(rows), { title: "Jobs", ...size }),
    paper: plotPaper(paperRows(rows), { title: "Beside the paper", ...metric, ...size }),
    frontier: plotFrontier(frontierDots(rows), { title: "Frontier", leakLabel: "AUC", chance: 0.5, ...size }),
    "frontier-brushed": plotFrontier(frontierDots(rows), {
      ...{ title: "Frontier", leakLabel: "AUC", chance: 0.5, least: 0.75, ...size },
    }),
  };
}

const datasets = ["mnist", "<b>", "purchase100", "cifar10", "location", "news", "adult", "a data set of a long name"];
const attacks = [
  "gap",
  "shadow(posteriors=3)",
  "lira(shadows=16, fixedVariance=true)",
  "boundary(norm=l1)",
  "threshold",
];

function isSynthetic(dataset: number): boolean {
  return dataset % 3 === 2;
}

function around(mean: number, by: number) {
  return { mean, low: Math.max(0, mean - by), high: Math.min(1, mean + by) };
}

/** Numbers of things that multiply to about so many, the first larger. */
function sides(rows: number): [number, number] {
  const columns = Math.max(1, Math.min(12, Math.round(Math.sqrt(rows))));
  return [Math.ceil(rows / columns), columns];
}

function named(names: readonly string[], index: number): string {
  const round = Math.floor(index / names.length);
  return `${names[index % names.length]}${round === 0 ? "" : ` ${round + 1}`}`;
}

export function cells(rows: number, chance = 0.5): MatrixCell[] {
  const rng = createRng("cells");
  const [tall, wide] = sides(rows);
  return Array.from({ length: rows === 0 ? 0 : tall * wide }, (_, at) => {
    const row = Math.floor(at / wide);
    const mean = chance === 0.5 ? 0.45 + 0.55 * rng.uniform() : 10 ** (-3 + 3 * rng.uniform());
    return {
      ...{ row: `${named(datasets, row)} mlp · none`, column: named(attacks, at % wide), key: `cell-${at}` },
      ...{ synthetic: isSynthetic(row), n: 1 + rng.int(5) },
      value: at % 7 === 5 ? null : around(mean, mean * 0.1),
    };
  });
}

export function rocs(rows: number): RocSeries[] {
  const rng = createRng("rocs");
  const [lines, facets] = sides(rows);
  return Array.from({ length: rows === 0 ? 0 : lines * facets }, (_, at) => {
    const strength = 0.3 + 0.65 * rng.uniform();
    const smallestFpr = 1 / 600;
    const points = Array.from({ length: 31 }, (__, step) => {
      const fpr = smallestFpr ** (1 - step / 30);
      const tpr = fpr ** strength;
      return { fpr, tpr, low: tpr * 0.85, high: Math.min(1, tpr * 1.15) };
    });
    const facet = at % facets;
    return {
      ...{ facet: named(datasets, facet), name: named(attacks, Math.floor(at / facets)), key: `roc-${at}` },
      ...{ synthetic: isSynthetic(facet), n: 3, smallestFpr, points },
    };
  });
}

export function curvePoints(rows: number): CurvePoint[] {
  const rng = createRng("curve");
  const facets = rows < 10 ? 1 : 4;
  const perLine = Math.min(rows, 5);
  return Array.from({ length: rows }, (_, at) => {
    const line = Math.floor(at / perLine);
    const facet = line % facets;
    const step = at % perLine;
    return {
      ...{ facet: named(datasets, facet + 1), series: named(attacks, Math.floor(line / facets)), key: `line-${line}` },
      ...{ synthetic: isSynthetic(facet + 1), x: 250 * 2 ** step, n: 3 },
      ...around(0.5 + 0.08 * step + 0.1 * rng.uniform(), 0.03),
    };
  });
}

export function published(rows: number): Published[] {
  const common = { facet: "<b>", series: "gap", note: "Fig. 3" };
  return rows === 0
    ? []
    : [
        { ...common, x: 500, y: 0.62 },
        { ...common, x: 1000, y: 0.7 },
      ];
}

export function histogram(rows: number): ScoreHistogram {
  const rng = createRng("histogram");
  const bins = Math.max(1, Math.min(rows, 30));
  const counts = (middle: number) =>
    Array.from({ length: bins }, (_, bin) =>
      rows === 0 ? 0 : Math.round(200 * Math.exp(-((bin / bins - middle) ** 2) * 12) * rng.uniform()),
    );
  return {
    edges: Array.from({ length: bins + 1 }, (_, bin) => bin / bins),
    members: counts(0.7),
    nonMembers: counts(0.4),
  };
}

export const dimensions: Dimension[] = [
  { name: "dataset", label: "dataset" },
  { name: "defense", label: "defense" },
  { name: "shadows", label: "shadow models", log: true },
  { name: "testAccuracy", label: "test accuracy" },
  { name: "auc", label: "AUC", chance: 0.5 },
];

export function combinations(rows: number): ParallelRow[] {
  const rng = createRng("combinations");
  return Array.from({ length: rows }, (_, at) => ({
    ...{ key: `row-${at}`, synthetic: isSynthetic(at), n: 1 + rng.int(3) },
    values: {
      ...{
        dataset: named(datasets, at % datasets.length),
        defense: at % 5 === 3 ? null : (["none", "dropout", "dp-sgd"][rng.int(3)] as string),
      },
      ...{ shadows: 2 ** rng.int(6), testAccuracy: 0.6 + 0.3 * rng.uniform(), auc: 0.5 + 0.45 * rng.uniform() },
    },
  }));
}

/** Names that are beside each other and one that is not, an end of an axis, and numbers. */
const brushes: Brushes = new Map([
  ["dataset", { names: ["<b>", "purchase100", "adult"] }],
  ["defense", { names: ["none"] }],
  ["testAccuracy", { from: 0.65, to: 0.83 }],
]);

function isBrushed({ values: { dataset, defense, testAccuracy } }: ParallelRow): boolean {
  const named = ["<b>", "purchase100", "adult"].includes(String(dataset)) && defense === "none";
  return named && Number(testAccuracy) >= 0.65 && Number(testAccuracy) <= 0.83;
}

export function losses(rows: number): LossCurve[] {
  const rng = createRng("losses");
  return Array.from({ length: rows }, (_, at) => {
    const rate = 0.05 + 0.2 * rng.uniform();
    return {
      ...{ facet: "<b>", name: at === 0 ? "target" : `shadow ${at}`, key: `training-${at}`, synthetic: false },
      losses: Array.from({ length: 30 }, (__, epoch) => 2.2 * Math.exp(-rate * epoch) + 0.1 * rng.uniform()),
    };
  });
}

export function progress(rows: number): Progress {
  const part = Math.floor(rows / 3);
  return { done: part, cached: part, running: Math.min(rows, 2), failed: Math.min(rows, 1), waiting: part };
}

export function progressCells(rows: number): ProgressCell[] {
  const rng = createRng("progress");
  const kinds = ["prepare", "train", "query", "attack"];
  return Array.from({ length: rows }, (_, at) => ({
    ...{ dataset: named(datasets, 1 + Math.floor(at / 4)), kind: kinds[at % 4] as string, key: `jobs-${at}` },
    progress: {
      done: rng.int(100),
      cached: rng.int(30),
      running: rng.int(5),
      failed: rng.int(4),
      waiting: rng.int(50),
    },
  }));
}

export function paperRows(rows: number): PaperRow[] {
  const rng = createRng("paper");
  return Array.from({ length: rows }, (_, at) => {
    const theirs = 0.5 + 0.4 * rng.uniform();
    return {
      ...{ label: `Fig. ${at + 3} ${named(datasets, at + 1)} shadow precision`, key: `paper-${at}`, theirs, n: 3 },
      ...{ synthetic: isSynthetic(at), ...(at % 4 !== 3 && { within: 0.05 }) },
      ours: at % 6 === 5 ? null : around(Math.min(1, theirs + 0.08 * rng.normal()), 0.02),
    };
  });
}

export function frontierDots(rows: number): FrontierDot[] {
  const rng = createRng("frontier");
  const families = ["dropout", "dp-sgd", "<b>", "label-only", "top-k", "selena", "trades"];
  const dots = Array.from({ length: rows }, (_, at) => {
    const undefended = at === 0;
    const strength = rng.uniform();
    const accuracy = undefended ? 0.83 : 0.84 - 0.3 * strength * rng.uniform();
    return {
      ...{
        family: undefended ? "none" : (families[at % 7] as string),
        strength: undefended ? "" : `p=${strength.toFixed(2)}`,
      },
      ...{ key: `defense-${at}`, line: String(at % 7), undefended, n: 3, note: `defense ${at}` },
      accuracy: around(accuracy, 0.01),
      leak: around(undefended ? 0.85 : 0.52 + 0.3 * (1 - strength), 0.015),
    };
  });
  return dots.map((own) => ({
    ...own,
    pareto: !dots.some(({ accuracy, leak }) => accuracy.mean > own.accuracy.mean && leak.mean < own.leak.mean),
  }));
}
