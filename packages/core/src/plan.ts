import type { Catalog, DatasetUse, DefenseInfo, UnitUse } from "./catalog.ts";
import { type Attacker, type Experiment, InvalidExperiment } from "./experiment.ts";
import { Graph, type PlannedJob } from "./graph.ts";
import type { JobKind } from "./job.ts";
import { type Combination, matches, type PaperNumbers, pointsOf } from "./paper.ts";
import { needsOf, type PlannedNeeds, withSharedProbes } from "./plan-needs.ts";
import { isFine, modelFor, sourcesOf, undefended, useOf } from "./plan-units.ts";
import { largestReference, largestSide, type SplitScheme } from "./split.ts";
import type { Training } from "./training.ts";
import type { Problem } from "./validation.ts";

/** One combination of the experiment's sweeps in one repeat, and the attack job that measures it. */
export interface Cell {
  dataset: DatasetUse;
  datasetParams: Record<string, unknown>;
  /** On each side: members, and as many non-members. */
  records: number;
  split: SplitScheme;
  model: UnitUse;
  training: Training;
  defense: UnitUse;
  attack: UnitUse;
  /** Unaware only where that makes a difference: the target is defended, and the attack needs models of its own. */
  attacker: Attacker;
  repeat: number;
  jobKey: string;
}

/** The DAG of an experiment: jobs in an order in which every job follows its inputs, and the cells they serve. */
export interface Plan {
  jobs: PlannedJob[];
  cells: Cell[];
}

/** What is settled outside the experiment file: where the data come from, and what computes. */
export interface PlanContext {
  datasets: readonly DatasetUse[];
  engine: string;
}

/** Cells above which a plan is refused outright: a slip of the pen rather than an experiment. */
export const MAX_CELLS = 1_000_000;

/** Whether a combination is to be run in a repeat. */
export type Wanted = (combination: Combination, repeat: number) => boolean;

/** A plan in the making: a step is a few jobs, so that whoever makes a large one can do other things in between. */
export type PlanSteps = Generator<void, Plan>;

/**
 * Turns an experiment into jobs. Equal work has an equal key, so a target under ten attacks, or in two experiments, is
 * one job.
 *
 * @param wanted which part of the sweep; all of it when absent
 * @throws {InvalidExperiment} for combinations that cannot run: a model for other inputs, too few records, an attack
 *   whose parameters do not fit the dataset.
 */
export function compilePlan(experiment: Experiment, catalog: Catalog, context: PlanContext, wanted?: Wanted): Plan {
  return allSteps(planSteps(experiment, catalog, context, wanted));
}

/** Takes all steps at once. */
export function allSteps(steps: PlanSteps): Plan {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** `compilePlan` step by step. */
export function* planSteps(experiment: Experiment, catalog: Catalog, context: PlanContext, wanted?: Wanted): PlanSteps {
  const { spec, models, trainings, defenses, attacks } = experiment;
  const inputs = experiment.datasets.reduce((sum, { params }) => sum + params.length, 0);
  const count =
    inputs *
    experiment.records.length *
    experiment.splits.length *
    models.length *
    trainings.length *
    defenses.length *
    attacks.length *
    experiment.attackers.length *
    spec.repeats;
  if (count > MAX_CELLS) {
    throw new InvalidExperiment([
      { path: [], message: `${count} cells are more than ${MAX_CELLS}; split the experiment` },
    ]);
  }

  const graph = new Graph(context.engine);
  const problems = new Map<string, Problem>();
  const report = (problem: Problem) => problems.set(`${problem.path.join(".")}: ${problem.message}`, problem);
  const cells = new Map<string, Cell>();
  const possible: Combination[] = [];
  const none = useOf(undefended, catalog.defenses);
  const attackUses = attacks.map((attack) => useOf(attack, catalog.attacks));
  const defenseUses = defenses.map((choice) => {
    const defense = useOf(choice, catalog.defenses);
    const { trainedUnder, check } = catalog.defenses[choice.name] as DefenseInfo;
    return { choice, check, defense, trainedUnder: trainedUnder(choice.params) ?? none };
  });
  const sources = sourcesOf(experiment, catalog, context);

  for (const source of sources.values()) {
    const { dataset, info } = source;
    const fitting = sizesFor(experiment, dataset, report);
    // Without any, the rest is checked all the same, so that all problems are told at once.
    const sizes = fitting.length > 0 ? fitting : [{ scheme: experiment.splits[0] ?? "quarters", side: 1, asked: null }];
    for (const { params: datasetParams, input, encoding } of source.given) {
      for (const size of sizes) {
        for (const choice of models) {
          const chosen = modelFor(choice, info, input, catalog, report);
          if (!chosen) continue;
          const { model, macs } = chosen;
          for (const training of trainings) {
            const dealt = { scheme: size.scheme, side: size.side };
            const reference = largestReference(dealt, dataset.records, dataset.largestGroup);
            const defended = { model, training, input, classes: info.classes, side: size.side, reference };
            const fits = defenseUses.filter(({ choice, check }) =>
              isFine(() => check(choice.params, defended), { unit: choice, dataset: info, report }),
            );
            const about = { dataset: info, model, training, split: size.scheme, side: size.side };
            const needs = withSharedProbes(
              attacks.map((attack) =>
                needsOf(attack, about, { catalog, sources, dataset, input, choice, asked: size.asked, report }),
              ),
            );
            for (const { defense, trainedUnder } of fits) {
              for (let repeat = 0; repeat < experiment.repeats; repeat++) {
                const seed = `${spec.seed}/repeat/${repeat}`;
                const split = { scheme: size.scheme, seed, side: size.side };
                const made = { dataset, input, encoding, split, model, macs, training };
                const setting = { ...made, defense, trainedUnder, seed };
                const target = graph.target(setting);
                const unaware = { ...setting, defense: none, trainedUnder: none };
                attackUses.forEach((attack, index) => {
                  const need = needs[index];
                  if (!need) return;
                  for (const attacker of attackersOf(experiment, defense, need)) {
                    const common = { dataset, datasetParams, records: size.side, split: size.scheme };
                    const cell = { ...common, model, training, defense, attack, attacker, repeat };
                    if (repeat === 0) possible.push(combinationOf(cell));
                    if (wanted && !wanted(combinationOf(cell), repeat)) continue;
                    const own = attacker === "aware" ? setting : unaware;
                    const shadows = need.shadows.map(({ change, ...group }) => ({
                      ...group,
                      setting: change ? { ...own, ...change, split: { ...split, side: change.side } } : own,
                    }));
                    const jobKey = target.attack(attack, { ...need, shadows }, own);
                    // Sweeps may name one combination twice (auto and cnn, say), which would pass for two repeats of it.
                    cells.set(jobKey, { ...cell, jobKey });
                  }
                });
                yield;
              }
            }
          }
        }
      }
    }
  }
  if (problems.size === 0) checkPaper(spec.paper, possible, report);
  if (problems.size > 0) throw new InvalidExperiment([...problems.values()]);
  return { jobs: [...graph.jobs.values()], cells: [...cells.values()] };
}

function attackersOf(
  { attackers }: Experiment,
  defense: UnitUse,
  { shadows, references = 0 }: PlannedNeeds,
): Attacker[] {
  const differs = defense.name !== undefended.name && (shadows.length > 0 || references > 0);
  return differs ? attackers : ["aware"];
}

/** A published number that no combination can ever stand beside is a slip of the pen. */
function checkPaper(
  paper: readonly PaperNumbers[],
  combinations: readonly Combination[],
  report: (problem: Problem) => void,
): void {
  paper.forEach((numbers, index) => {
    const lost = pointsOf([numbers]).find(({ where }) => !combinations.some((cell) => matches(cell, where)));
    if (lost === undefined) return;
    const where = Object.entries(lost.where).map(([name, value]) => `${name} ${value}`);
    const message = `no combination of this experiment has ${where.join(", ")}; correct where, or add it to the sweeps`;
    report({ path: ["paper", index], message });
  });
}

/** A cell by the names that its results have. */
export function combinationOf({ dataset, model, attack, defense, ...rest }: Omit<Cell, "jobKey">): Combination {
  const { datasetParams, records, split, training, attacker } = rest;
  return {
    ...{ dataset: dataset.name, datasetParams, records, split, training, attacker },
    ...{ model: model.name, modelParams: model.params, attack: attack.name, attackParams: attack.params },
    ...{ defense: defense.name, defenseParams: defense.params },
  };
}

/** The splits that an experiment asks for and a dataset has records for. */
function sizesFor(
  { records, splits, spec }: Experiment,
  dataset: DatasetUse,
  report: (problem: Problem) => void,
): { scheme: SplitScheme; side: number; asked: number | null }[] {
  return records.flatMap((asked, index) =>
    splits.flatMap((scheme) => {
      const largest = largestSide(scheme, dataset.records, dataset.largestGroup);
      const side = asked ?? largest;
      if (side >= 1 && side <= largest) return [{ scheme, side, asked }];
      const grouped = dataset.largestGroup > 1 ? ` in groups of up to ${dataset.largestGroup} that stay together` : "";
      const has = `${dataset.name} (${dataset.origin}) has ${dataset.records} records${grouped}`;
      if (asked === null)
        report({ path: ["datasets"], message: `${has}, too few to split into ${scheme}; use another dataset` });
      else {
        const path = Array.isArray(spec.records) ? ["records", index] : ["records"];
        report({ path, message: `${asked} on a side are too many: ${has}; use at most ${largest} for ${scheme}` });
      }
      return [];
    }),
  );
}

/** Jobs by kind, for listings. */
export function countByKind(jobs: readonly { kind: JobKind }[]): Record<JobKind, number> {
  const counts: Record<JobKind, number> = { prepare: 0, train: 0, query: 0, attack: 0 };
  for (const { kind } of jobs) counts[kind]++;
  return counts;
}
