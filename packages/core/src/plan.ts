import type {
  AttackNeeds,
  AttackSetting,
  Catalog,
  DatasetInfo,
  DatasetUse,
  DefenseInfo,
  ModelInfo,
  ProbeUse,
  ShadowGroup,
  UnitUse,
} from "./catalog.ts";
import { InvalidInput, messageOf } from "./errors.ts";
import { type Attacker, type Experiment, InvalidExperiment, type UnitChoice } from "./experiment.ts";
import { canonicalJson } from "./fingerprint.ts";
import { Graph, type PlannedJob, type Setting } from "./graph.ts";
import type { JobKind } from "./job.ts";
import { type Combination, matches, type PaperNumbers, pointsOf } from "./paper.ts";
import { largestOutside, largestReference, largestSide, type SplitScheme } from "./split.ts";
import { suggestion } from "./suggestion.ts";
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

const undefended = { name: "none", params: {} };

/** Cells above which a plan is refused outright: a slip of the pen rather than an experiment. */
export const MAX_CELLS = 1_000_000;

/** Whether a combination is to be run in a repeat. */
export type Wanted = (combination: Combination, repeat: number) => boolean;

/**
 * Turns an experiment into jobs. Equal work has an equal key, so a target under ten attacks, or in two experiments, is
 * one job.
 *
 * @param wanted which part of the sweep; all of it when absent
 * @throws {InvalidExperiment} for combinations that cannot run: a model for other inputs, too few records, an attack
 *   whose parameters do not fit the dataset.
 */
export function compilePlan(
  experiment: Experiment,
  catalog: Catalog,
  context: PlanContext,
  wanted: Wanted = () => true,
): Plan {
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
          const model = modelFor(choice, info, catalog, report);
          if (!model) continue;
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
                needsOf(attack, about, { catalog, sources, dataset, choice, asked: size.asked, report }),
              ),
            );
            for (const { defense, trainedUnder } of fits) {
              for (let repeat = 0; repeat < experiment.repeats; repeat++) {
                const seed = `${spec.seed}/repeat/${repeat}`;
                const split = { scheme: size.scheme, seed, side: size.side };
                const setting = { dataset, input, encoding, split, model, training, defense, trainedUnder, seed };
                const target = graph.target(setting);
                const unaware = { ...setting, defense: none, trainedUnder: none };
                attackUses.forEach((attack, index) => {
                  const need = needs[index];
                  if (!need) return;
                  for (const attacker of attackersOf(experiment, defense, need)) {
                    const common = { dataset, datasetParams, records: size.side, split: size.scheme };
                    const cell = { ...common, model, training, defense, attack, attacker, repeat };
                    const combination = combinationOf(cell);
                    if (repeat === 0) possible.push(combination);
                    if (!wanted(combination, repeat)) continue;
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

/** A dataset of the experiment, with how its records are given to a model for each of its parameters. */
interface Source {
  dataset: DatasetUse;
  info: DatasetInfo;
  /** Made once, so that the same objects are in all jobs and written out once. */
  given: (Pick<Setting, "input" | "encoding"> & { params: Record<string, unknown> })[];
}

function sourcesOf(experiment: Experiment, catalog: Catalog, { datasets }: PlanContext): Map<string, Source> {
  return new Map(
    datasets.map((dataset) => {
      const info = catalog.datasets[dataset.name] as DatasetInfo;
      const choices = experiment.datasets.find(({ name }) => name === dataset.name)?.params ?? [];
      const given = choices.map((params) => ({ params, input: info.input(params), encoding: info.encoding(params) }));
      return [dataset.name, { dataset, info, given }];
    }),
  );
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

function useOf(
  choice: Omit<UnitChoice, "path">,
  units: Catalog["attacks"] | Catalog["defenses"] | Catalog["models"],
): UnitUse {
  return { name: choice.name, version: units[choice.name]?.version ?? 0, params: choice.params };
}

function modelFor(
  choice: UnitChoice | "auto",
  dataset: DatasetInfo,
  catalog: Catalog,
  report: (problem: Problem) => void,
): UnitUse | null {
  const resolved = choice === "auto" ? autoModel(dataset, catalog) : choice;
  const info = catalog.models[resolved.name] as ModelInfo;
  if (!info.accepts.includes(dataset.kind)) {
    report({
      path: choice === "auto" ? ["model"] : choice.path,
      message: `${info.name} takes ${info.accepts.join(" or ")} records, but ${dataset.name} has ${dataset.kind} ones; use auto, or another model`,
    });
    return null;
  }
  return useOf(resolved, catalog.models);
}

function autoModel(dataset: DatasetInfo, catalog: Catalog): Omit<UnitChoice, "path"> {
  const name = dataset.kind === "image" ? "cnn" : "mlp";
  return { name, params: (catalog.models[name] as ModelInfo).params.parse({}) };
}

/** What is around an attack's needs when they are settled. */
interface Surroundings {
  catalog: Catalog;
  sources: ReadonlyMap<string, Source>;
  dataset: DatasetUse;
  choice: UnitChoice | "auto";
  asked: number | null;
  report: (problem: Problem) => void;
}

/** Needs whose groups say in what their setting differs from the target's. */
type PlannedNeeds = Omit<AttackNeeds, "shadows"> & {
  shadows: (Pick<ShadowGroup, "count" | "about" | "records"> & {
    change: (Partial<Setting> & { side: number }) | null;
  })[];
};

/** An attack's needs, once it is certain that they can be met; null when a problem was reported. */
function needsOf(attack: UnitChoice, about: AttackSetting, around: Surroundings): PlannedNeeds | null {
  try {
    const needs = around.catalog.attacks[attack.name]?.needs(attack.params, about);
    if (!needs) return null;
    checkNeeds(needs, about, around.dataset);
    return { ...needs, shadows: (needs.shadows ?? []).map((group) => settled(group, about, around)) };
  } catch (error) {
    around.report(problemOf(attack, about.dataset, error));
    return null;
  }
}

/** Whether a check of a unit passes; if not, the problem is reported. */
function isFine(
  check: () => void,
  { unit, dataset, report }: { unit: UnitChoice; dataset: DatasetInfo; report: (problem: Problem) => void },
): boolean {
  try {
    check();
    return true;
  } catch (error) {
    report(problemOf(unit, dataset, error));
    return false;
  }
}

function problemOf({ name, path }: UnitChoice, dataset: DatasetInfo, error: unknown): Problem {
  return { path, message: `${name} on ${dataset.name}: ${messageOf(error)}` };
}

/** A probe that several attacks ask for is run once, and notes what it found at the checkpoints of all of them. */
function withSharedProbes(needs: readonly (PlannedNeeds | null)[]): (PlannedNeeds | null)[] {
  const shared = new Map<string, Set<number>>();
  const nameOf = ({ checkpoints: _, ...probe }: ProbeUse) => canonicalJson(probe);
  for (const need of needs) {
    if (!need?.probe?.checkpoints) continue;
    const name = nameOf(need.probe);
    shared.set(name, new Set([...(shared.get(name) ?? []), ...need.probe.checkpoints]));
  }
  return needs.map((need) => {
    const all = need?.probe && shared.get(nameOf(need.probe));
    if (!need?.probe || !all) return need;
    return { ...need, probe: { ...need.probe, checkpoints: [...all].sort((a, b) => a - b) } };
  });
}

function checkNeeds({ split, population = 0 }: AttackNeeds, about: AttackSetting, dataset: DatasetUse): void {
  if (split !== undefined && split !== about.split) {
    throw new InvalidInput(`it is defined for split: ${split}, not ${about.split}; use that split, or another variant`);
  }
  const left = largestOutside(about, dataset.records, dataset.largestGroup);
  if (population > left) {
    const most = Math.floor((dataset.records - population) / 2) - (dataset.largestGroup - 1);
    const remedy =
      most >= 10 ? `set records to ${Math.min(most, about.side)} or less` : "use fewer, or another dataset";
    throw new InvalidInput(
      `it needs ${population} records besides the target's, but there are ${left} with ${about.side} on a side; ${remedy}`,
    );
  }
}

/** In what the shadow models of a group differ from the target. */
function settled(group: ShadowGroup, about: AttackSetting, around: Surroundings): PlannedNeeds["shadows"][number] {
  const { model: _model, dataset: _dataset, training, ...common } = group;
  if (!group.dataset && !group.model && !training) return { ...common, change: null };
  const own = { ...(training && { training }), side: about.side };
  if (!group.dataset) {
    const model = group.model && namedModel(group.model, about.dataset, around.catalog);
    return { ...common, change: { ...own, ...(model && { model }) } };
  }
  const other = around.sources.get(group.dataset);
  const given = other?.given[0];
  if (!other || !given) {
    throw new InvalidInput(
      `its shadow dataset "${group.dataset}" is not in the experiment; name it among the datasets, or ${suggestion(group.dataset, [...around.sources.keys()])}`,
    );
  }
  const largest = largestSide(about.split, other.dataset.records, other.dataset.largestGroup);
  const side = around.asked ?? largest;
  if (side > largest || side < 1) {
    throw new InvalidInput(
      `its shadow dataset ${group.dataset} has too few records for ${side} on a side; use at most ${largest}`,
    );
  }
  const model = shadowModelOn(other.info, group.model, around);
  const { input, encoding } = given;
  return { ...common, change: { ...own, dataset: other.dataset, input, encoding, model, side } };
}

/** The model that the experiment has for a shadow dataset: the target's choice where it fits, auto otherwise. */
function shadowModelOn(info: DatasetInfo, asked: ShadowGroup["model"], { catalog, choice }: Surroundings): UnitUse {
  if (asked) return namedModel(asked, info, catalog);
  const fits = choice !== "auto" && catalog.models[choice.name]?.accepts.includes(info.kind);
  return useOf(fits ? choice : autoModel(info, catalog), catalog.models);
}

function namedModel(
  { name, params }: { name: string; params: Record<string, unknown> },
  dataset: DatasetInfo,
  { models }: Catalog,
): UnitUse {
  if (!Object.hasOwn(models, name)) {
    throw new InvalidInput(`unknown shadow model "${name}"; ${suggestion(name, Object.keys(models))}`);
  }
  const info = models[name] as ModelInfo;
  if (!info.accepts.includes(dataset.kind)) {
    throw new InvalidInput(
      `its shadow model ${name} takes ${info.accepts.join(" or ")} records, not ${dataset.kind} ones`,
    );
  }
  return { name, version: info.version, params: info.params.parse(params) };
}

/** Jobs by kind, for listings. */
export function countByKind(jobs: readonly { kind: JobKind }[]): Record<JobKind, number> {
  const counts: Record<JobKind, number> = { prepare: 0, train: 0, query: 0, attack: 0 };
  for (const { kind } of jobs) counts[kind]++;
  return counts;
}
