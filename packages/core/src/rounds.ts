import type { Catalog } from "./catalog.ts";
import { type Experiment, InvalidExperiment } from "./experiment.ts";
import { canonicalJson } from "./fingerprint.ts";
import { type FrontierPoint, type FrontierResult, frontiersOf, leakOf, paretoSet } from "./frontier.ts";
import { groupsBy } from "./groups.ts";
import { studentInterval } from "./intervals.ts";
import type { Combination } from "./paper.ts";
import { allSteps, combinationOf, type Plan, type PlanContext, type PlanSteps, planSteps } from "./plan.ts";
import type { Precision, Search } from "./rounds-schema.ts";
import { summarize } from "./summary.ts";
import type { Training } from "./training.ts";

// Experiments whose later jobs depend on earlier results. Each round is the whole plan so far, made anew from the file and the
// results alone: a scheduler that dies between two rounds loses nothing, and two of them make the same plan.

/** A result as a round looks at it. */
export interface KnownResult extends Combination, Omit<FrontierResult, keyof Combination> {
  attacker: FrontierResult["attacker"];
  repeat: number;
}

/** What earlier rounds have shown. */
export interface Known {
  results: readonly KnownResult[];
  ended: boolean;
}

/** Whether an experiment's jobs depend on its results. */
export function hasRounds({ precision, search }: Experiment["spec"]): boolean {
  return precision !== undefined || search !== undefined;
}

/**
 * The plan of all rounds that the results allow, the first one without any. It grows with the results, and is whole once it no longer
 * does.
 *
 * @param known.ended whether all jobs of the last round have come to their end: what has no result then has failed
 * @throws {InvalidExperiment} as `compilePlan`, and for a search that cannot keep to its budget.
 */
export function planRounds(experiment: Experiment, catalog: Catalog, context: PlanContext, known: Known): Plan {
  return allSteps(roundSteps(experiment, catalog, context, known));
}

/** `planRounds` step by step. */
export function* roundSteps(
  experiment: Experiment,
  catalog: Catalog,
  context: PlanContext,
  { results, ended }: Known,
): PlanSteps {
  const { precision, search } = experiment.spec;
  if (precision && search) {
    throw new InvalidExperiment([
      { path: ["search"], message: "it does not go with precision; leave out one of them" },
    ]);
  }
  if (precision) {
    const repeats = repeatsFor(precision, experiment.repeats, results);
    const wanted = (combination: Combination, repeat: number) => repeat < repeats(combination);
    return yield* planSteps({ ...experiment, repeats: precision.most }, catalog, context, wanted);
  }
  if (!search) return yield* planSteps(experiment, catalog, context);
  const once = yield* planSteps({ ...experiment, repeats: 1 }, catalog, context);
  const all = once.cells.map(combinationOf);
  const rungs = new Map(experiment.trainings.map((training) => [training, rungsOf(search, training, experiment)]));
  const chosen = selected(search, { all, results, ended, rungs: [...rungs.values()], repeats: experiment.repeats });
  const trainings = [...rungs.values()].flat();
  const different = new Map(trainings.map((training) => [canonicalJson(training), training]));
  const wanted = (combination: Combination, repeat: number) =>
    repeat < (chosen.get(canonicalJson(targetOf(combination))) ?? 0);
  return yield* planSteps({ ...experiment, trainings: [...different.values()] }, catalog, context, wanted);
}

/** How many repeats each combination is to have. */
function repeatsFor({ metric, halfWidth, least, most }: Precision, first: number, results: readonly KnownResult[]) {
  const known = resultsByCombination(results);
  return (combination: Combination): number => {
    const own = known.get(combinationKey(combination)) ?? [];
    const values = own.map(({ metrics }) => metrics[metric]);
    const planned = own.reduce((highest, { repeat }) => Math.max(highest, repeat + 1), Math.max(first, least));
    return Math.min(most, Math.max(planned, repeatsNeeded(values, { halfWidth, least })));
  };
}

/** The repeats of each combination together. */
export function resultsByCombination(results: readonly KnownResult[]): Map<string, KnownResult[]> {
  const known = new Map<string, KnownResult[]>();
  for (const result of results) {
    const key = combinationKey(result);
    known.set(key, [...(known.get(key) ?? []), result]);
  }
  return known;
}

/**
 * Repeats with which the interval of the mean would be narrow enough, if the next ones scatter as these do: at most twice as many as
 * there are, since the scatter of a few is not known well.
 */
export function repeatsNeeded(
  values: readonly number[],
  { halfWidth, least }: Pick<Precision, "halfWidth" | "least">,
): number {
  const { n, mean, sd } = summarize(values);
  if (n < least || mean === null || sd === null) return least;
  const isNarrow = (repeats: number) => (studentInterval(mean, sd, repeats)[1] ?? 1) - mean <= halfWidth;
  let needed = n;
  while (needed < 2 * n && !isNarrow(needed)) needed++;
  return needed;
}

/**
 * The trainings of a search's rounds, the last one in full: as few as keep to the budget.
 *
 * @throws {InvalidExperiment} when no number of rounds does.
 */
function rungsOf(search: Search, training: Training, { defenses, repeats }: Experiment): Training[] {
  const { reduction, budget } = search;
  const rungs = (rounds: number): Training[] =>
    Array.from({ length: rounds }, (_, round) => ({
      ...training,
      epochs: Math.max(1, Math.round(training.epochs / reduction ** (rounds - 1 - round))),
    }));
  const share = (rounds: Training[]) => {
    const spent = rounds.reduce((sum, { epochs }, round) => {
      // The undefended model stays besides those that are kept.
      const left = Math.min(defenses.length, keptIn(round, defenses.length, search) + 1);
      return sum + left * epochs * (round === rounds.length - 1 ? repeats : 1);
    }, 0);
    return spent / (defenses.length * training.epochs * repeats);
  };
  const possible = Array.from({ length: 1 + Math.floor(Math.log(training.epochs) / Math.log(reduction)) }, (_, more) =>
    rungs(more + 1),
  ).slice(1);
  const fitting = possible.find((rounds) => share(rounds) <= budget);
  if (fitting) return fitting;
  const least = Math.ceil(100 * Math.min(1, ...possible.map(share))) / 100;
  const message = `${budget} cannot be kept with ${defenses.length} defenses, ${training.epochs} epochs and ${repeats} repeats; use ${least} or more, a larger reduction, or more of the others`;
  throw new InvalidExperiment([{ path: ["search", "budget"], message }]);
}

/** Of so many candidates, those that are left in a round. */
function keptIn(round: number, candidates: number, { reduction }: Search): number {
  return Math.max(1, Math.ceil(candidates / reduction ** round));
}

interface Sweep {
  all: readonly Combination[];
  results: readonly KnownResult[];
  ended: boolean;
  rungs: readonly (readonly Training[])[];
  repeats: number;
}

/** How many repeats each target is to have, by what it is; all attacks on it run. */
function selected(search: Search, { all, results, ended, rungs, repeats }: Sweep): Map<string, number> {
  const chosen = new Map<string, number>();
  for (const rounds of rungs) {
    const full = canonicalJson(rounds.at(-1));
    const targets = all.filter(({ training }) => canonicalJson(training) === full).map(targetOf);
    for (const field of groupsBy(targets, ({ defense, defenseParams, ...setting }) => setting)) {
      let left = [...new Map(field.map((target) => [canonicalJson(target), target])).values()];
      const candidates = left.length;
      for (const [round, training] of rounds.entries()) {
        const last = round === rounds.length - 1;
        const keys = new Set(left.map((target) => canonicalJson({ ...target, training })));
        for (const key of keys) chosen.set(key, Math.max(chosen.get(key) ?? 0, last ? repeats : 1));
        const shown = results.filter(({ repeat, ...one }) => repeat === 0 && keys.has(canonicalJson(targetOf(one))));
        const points = frontiersOf(shown).flatMap(({ points }) => points);
        // What has no result when all has come to its end has failed, and is out.
        if (last || points.length === 0 || (points.length < left.length && !ended)) break;
        const most = keptIn(round + 1, candidates, search);
        const best = new Set(ranked(search, points).slice(0, most).map(defenseKey));
        left = left.filter((target) => best.has(defenseKey(target)) || target.defense === "none");
      }
    }
  }
  return chosen;
}

/** The most promising first. */
function ranked({ objective, atMost }: Search, points: readonly FrontierPoint[]): FrontierPoint[] {
  const leak = (point: FrontierPoint) => leakOf(point, "auc") ?? 1;
  if (objective === "frontier") return byFronts(points);
  const keeps = (point: FrontierPoint) => leak(point) <= atMost;
  return [
    ...points.filter(keeps).sort((one, other) => other.accuracy.mean - one.accuracy.mean),
    ...points.filter((point) => !keeps(point)).sort((one, other) => leak(one) - leak(other)),
  ];
}

/** The Pareto set, then that of the others, and so on; in each first those that are farthest from their neighbours (Deb et al. 2002). */
function byFronts(points: readonly FrontierPoint[]): FrontierPoint[] {
  const order: FrontierPoint[] = [];
  let left = points;
  while (left.length > 0) {
    const front = paretoSet(left, "auc");
    // Without a leak there is nothing to compare.
    if (front.length === 0) return [...order, ...left];
    const distances = new Map(front.map((point, at) => [point, distanceTo(front[at - 1], front[at + 1])]));
    order.push(...front.sort((one, other) => (distances.get(other) ?? 0) - (distances.get(one) ?? 0)));
    left = left.filter((point) => !front.includes(point));
  }
  return order;
}

/** From one neighbour on a front to the other; those at its ends have one only, and count most. */
function distanceTo(before: FrontierPoint | undefined, after: FrontierPoint | undefined): number {
  if (!before || !after) return Number.POSITIVE_INFINITY;
  const leaks = (leakOf(after, "auc") ?? 1) - (leakOf(before, "auc") ?? 1);
  return leaks + Math.abs(after.accuracy.mean - before.accuracy.mean);
}

/** What a target is: a combination without its attack. */
function targetOf(combination: Omit<Combination, "attack" | "attackParams" | "attacker">) {
  const { dataset, datasetParams, records, split, model, modelParams, training, defense, defenseParams } = combination;
  return { dataset, datasetParams, records, split, model, modelParams, training, defense, defenseParams };
}

function combinationKey(combination: Combination): string {
  const { attack, attackParams, attacker } = combination;
  return canonicalJson({ ...targetOf(combination), attack, attackParams, attacker });
}

function defenseKey({ defense, defenseParams }: Pick<Combination, "defense" | "defenseParams">): string {
  return canonicalJson({ defense, defenseParams });
}
