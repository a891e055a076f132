import { z } from "zod";
import type { Metrics } from "./metrics.ts";
import { type Summary, summarize } from "./summary.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()]);
/** What a combination can be told by: `dataset`, `attack.shadows`, `training.epochs`, … */
const place = z
  .string()
  .regex(
    /^(?:dataset|records|split|model|attack|attacker|defense|(?:dataset|model|attack|defense|training)\.\w+)$/,
    "write dataset, records, split, model, attack, attacker, defense, or a parameter such as attack.shadows or training.epochs",
  );

export const provenances = ["P", "V", "C", "D", "R", "O"] as const;

/** What the letters of provenance stand for. */
export const provenanceNames: Readonly<Record<(typeof provenances)[number], string>> = {
  P: "printed",
  V: "read off a drawing",
  C: "from code",
  D: "code run",
  R: "reproduced by others",
  O: "own trial",
};

const measures = [
  "trainAccuracy",
  "testAccuracy",
  "gap",
  "auc",
  "balancedAccuracy",
  "bestBalancedAccuracy",
  "precision",
  "recall",
  "precisionMacro",
  "recallMacro",
] as const;

/** What guessing reaches in the metrics that papers print, of equally many members and non-members; null of accuracies of the target. */
export const guesses: Readonly<Record<(typeof measures)[number], number | null>> = {
  ...{ trainAccuracy: null, testAccuracy: null, gap: null, recall: null },
  ...{
    auc: 0.5,
    balancedAccuracy: 0.5,
    bestBalancedAccuracy: 0.5,
    precision: 0.5,
    precisionMacro: 0.5,
    recallMacro: 0.5,
  },
};

/** Numbers of a paper beside which an experiment's results are put. What was only remembered, and never read, has no place here. */
export const paperSchema = z.strictObject({
  figure: z.string().min(1).max(80).describe("where the paper has it, such as Fig. 3"),
  from: z
    .enum(provenances)
    .describe(
      "P: printed in the paper; V: read off a drawing; C: code; D: its code run; R: a reproduction; O: our first trial",
    ),
  metric: z.enum(measures),
  where: z.record(place, scalar).default({}).describe("the combinations that it is about"),
  by: place.optional().describe("what differs between the values, when there are several"),
  at: z.array(scalar).min(1).optional().describe("the values of `by`, in the order of `values`"),
  values: z.union([z.number(), z.array(z.number().nullable()).min(1)]).describe("as published; null where it has none"),
  within: z.number().positive().optional().describe("how far apart the two may be"),
});

export type PaperNumbers = z.infer<typeof paperSchema>;

/** One combination of an experiment's sweeps. */
export interface Combination {
  dataset: string;
  datasetParams: Record<string, unknown>;
  records: number;
  split: string;
  model: string;
  modelParams: Record<string, unknown>;
  training: Record<string, unknown>;
  attack: string;
  attackParams: Record<string, unknown>;
  attacker: string;
  defense: string;
  defenseParams: Record<string, unknown>;
}

/** A published number, and what it is to be compared with. */
export interface PaperPoint {
  figure: string;
  from: PaperNumbers["from"];
  metric: PaperNumbers["metric"];
  where: Record<string, string | number | boolean>;
  value: number;
  within?: number;
}

/** A published number beside the mean over the results of its combination. */
export interface PaperComparison extends PaperPoint {
  ours: Summary;
}

/** The single numbers, each with the combination that it is about. */
export function pointsOf(paper: readonly PaperNumbers[]): PaperPoint[] {
  return paper.flatMap(({ by, at, values, within, where, figure, from, metric }) => {
    const common = { figure, from, metric, ...(within !== undefined && { within }) };
    if (typeof values === "number") return [{ ...common, where, value: values }];
    return values.flatMap((value, index) => {
      const own = at?.[index];
      return value === null || by === undefined || own === undefined
        ? []
        : { ...common, where: { ...where, [by]: own }, value };
    });
  });
}

/** What a published number is about: `mnist shadow batch=50`. */
export function subjectOf(where: PaperPoint["where"]): string {
  return Object.entries(where)
    .map(([name, given]) => (name.includes(".") ? `${name.split(".")[1]}=${given}` : String(given)))
    .join(" ");
}

/** Whether a list of values says what each is of. */
export function isComplete({ by, at, values }: PaperNumbers): boolean {
  if (typeof values === "number") return by === undefined && at === undefined;
  return by !== undefined && at?.length === values.length;
}

export function matches(combination: Combination, where: PaperPoint["where"]): boolean {
  return Object.entries(where).every(([name, value]) => factOf(combination, name) === value);
}

/** Every published number with our mean over all results that it is about: their repeats, if nothing else is open. */
export function compareWithPaper(
  paper: readonly PaperNumbers[],
  results: readonly (Combination & { metrics: Metrics })[],
): PaperComparison[] {
  return pointsOf(paper).map((point) => ({
    ...point,
    ours: summarize(
      results.filter((result) => matches(result, point.where)).map(({ metrics }) => metrics[point.metric]),
    ),
  }));
}

function factOf(combination: Combination, name: string): unknown {
  const [unit = "", parameter] = name.split(".");
  if (parameter === undefined) return combination[unit as "dataset"];
  if (unit === "training") return combination.training[parameter];
  return combination[`${unit as "dataset" | "model" | "attack" | "defense"}Params`][parameter];
}
