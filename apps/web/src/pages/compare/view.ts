import { z } from "zod";
import { listOf } from "../../url-search.ts";

/** The pictures of the same results, each with its own question. */
export const tabs = {
  matrix: "Matrix",
  roc: "ROC",
  frontier: "Frontier",
  curve: "Curve",
  parallel: "Parallel coordinates",
  table: "Table",
} as const;
export type Tab = keyof typeof tabs;

/** Measures of which it is known what guessing reaches. */
export const comparable = {
  auc: { title: "AUC", chance: 0.5 },
  "tpr@0.1": { title: "TPR at 10 % FPR", chance: 0.1 },
  "tpr@0.01": { title: "TPR at 1 % FPR", chance: 0.01 },
  "tpr@0.001": { title: "TPR at 0.1 % FPR", chance: 0.001 },
  balancedAccuracy: { title: "balanced accuracy", chance: 0.5 },
  bestBalancedAccuracy: { title: "best balanced accuracy", chance: 0.5 },
  precisionBalanced: { title: "balanced precision", chance: 0.5 },
} as const;
export type Metric = keyof typeof comparable;

const metrics = Object.keys(comparable) as [Metric, ...Metric[]];
const share = z.coerce.number().min(0).max(1).optional().catch(undefined);

/** What a view is, but for its filters: those have the names of dimensions, and of measures with `.min` and `.max`, as in the API. */
const shape = {
  tab: z.enum(Object.keys(tabs) as [Tab, ...Tab[]]).default("matrix"),
  metric: z.enum(metrics).default("auc"),
  /** Of the matrix. */
  rows: z.string().default("dataset"),
  columns: z.string().default("attack"),
  /** The cell whose repeats are listed: its row and its column. */
  pick: listOf(z.string()),
  /** ROC curves on linear axes. */
  scale: z.enum(["log", "linear"]).default("log"),
  /** Of the frontier: defenses below it are only hinted at. */
  accuracy: share,
  /** What a curve is drawn against. */
  x: z.string().optional(),
  /** Of the parallel coordinates, in order; none: what differs. */
  axes: listOf(z.string()),
  /** What lines have to pass along axes: `training.epochs~5~20`, `dataset=adult`. */
  brush: listOf(z.string()),
  /** Of the table. */
  sort: z.string().optional(),
  shown: listOf(z.string()),
};

export const viewSchema = z.looseObject(shape);
export type View = z.output<typeof viewSchema>;

export type Filters = Readonly<Record<string, readonly string[]>>;

/** What of a view's search chooses results. */
export function filtersIn(view: View): Filters {
  return Object.fromEntries(
    Object.entries(view)
      .filter(([name, value]) => !(name in shape) && value !== undefined)
      .map(([name, value]) => [name, [value].flat().map(String)]),
  );
}
