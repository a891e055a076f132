import type { AttackNeeds, Catalog, DatasetInfo, DatasetUse, ModelInfo, UnitUse } from "./catalog.ts";
import { messageOf } from "./errors.ts";
import { type Experiment, InvalidExperiment, type UnitChoice } from "./experiment.ts";
import { fingerprint, type KnownTexts } from "./fingerprint.ts";
import { type JobKind, type JobWork, kindVersions, type QueryPoints } from "./job.ts";
import { largestQuarter, type Owner, type Split } from "./split.ts";
import type { Training } from "./training.ts";
import type { Problem } from "./validation.ts";

/** A node of the plan. */
export type PlannedJob = JobWork & { key: string };

/** One combination of the experiment's sweeps in one repeat, and the attack job that measures it. */
export interface Cell {
  dataset: DatasetUse;
  records: number;
  model: UnitUse;
  training: Training;
  defense: UnitUse;
  attack: UnitUse;
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

/**
 * Turns an experiment into jobs. Equal work has an equal key, so a target under ten attacks, or in two experiments, is
 * one job.
 *
 * @throws {InvalidExperiment} for combinations that cannot run: a model for other inputs, too few records, an attack
 *   whose parameters do not fit the dataset.
 */
export function compilePlan(experiment: Experiment, catalog: Catalog, context: PlanContext): Plan {
  const { spec, models, trainings, defenses, attacks } = experiment;
  const count =
    context.datasets.length *
    experiment.records.length *
    models.length *
    trainings.length *
    defenses.length *
    attacks.length *
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
  const attackUses = attacks.map((attack) => useOf(attack, catalog.attacks));
  const defenseUses = defenses.map((defense) => useOf(defense, catalog.defenses));

  for (const dataset of context.datasets) {
    const info = catalog.datasets[dataset.name] as DatasetInfo;
    const modelUses = models.flatMap((choice) => modelFor(choice, info, catalog, report) ?? []);
    const needs = attacks.map((attack) => needsOf(attack, info, catalog, report));
    for (const [index, asked] of experiment.records.entries()) {
      const quarter = asked ?? largestQuarter(dataset.records);
      if (quarter < 1) {
        report({
          path: ["datasets"],
          message: `${dataset.name} (${dataset.origin}) has ${dataset.records} records, too few for four quarters; use another dataset`,
        });
        continue;
      }
      if (quarter * 4 > dataset.records) {
        report({
          path: Array.isArray(spec.records) ? ["records", index] : ["records"],
          message: `${quarter} per quarter need ${quarter * 4} records, but ${dataset.name} (${dataset.origin}) has ${dataset.records}; use at most ${largestQuarter(dataset.records)}`,
        });
        continue;
      }
      for (const model of modelUses) {
        for (const training of trainings) {
          for (const defense of defenseUses) {
            for (let repeat = 0; repeat < spec.repeats; repeat++) {
              const seed = `${spec.seed}/repeat/${repeat}`;
              const bench = graph.bench({ dataset, split: { seed, quarter }, model, training, defense, seed });
              attackUses.forEach((attack, index) => {
                const need = needs[index];
                if (!need) return;
                const jobKey = bench.attack(attack, need);
                // Sweeps may name one combination twice (auto and cnn, say), which would pass for two repeats of it.
                cells.set(jobKey, { dataset, records: quarter, model, training, defense, attack, repeat, jobKey });
              });
            }
          }
        }
      }
    }
  }
  if (problems.size > 0) throw new InvalidExperiment([...problems.values()]);
  return { jobs: [...graph.jobs.values()], cells: [...cells.values()] };
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
  if (!info.accepts.includes(dataset.input.kind)) {
    report({
      path: choice === "auto" ? ["model"] : choice.path,
      message: `${info.name} takes ${info.accepts.join(" or ")} records, but ${dataset.name} has ${dataset.input.kind} ones; use auto, or another model`,
    });
    return null;
  }
  return useOf(resolved, catalog.models);
}

function autoModel(dataset: DatasetInfo, catalog: Catalog): Omit<UnitChoice, "path"> {
  const name = dataset.input.kind === "image" ? "cnn" : "mlp";
  return { name, params: (catalog.models[name] as ModelInfo).params.parse({}) };
}

function needsOf(
  attack: UnitChoice,
  dataset: DatasetInfo,
  catalog: Catalog,
  report: (problem: Problem) => void,
): AttackNeeds | null {
  try {
    return catalog.attacks[attack.name]?.needs(attack.params, dataset) ?? null;
  } catch (error) {
    report({ path: attack.path, message: `${attack.name} on ${dataset.name}: ${messageOf(error)}` });
    return null;
  }
}

/** What is common to all attacks of a cell: data, split, model, training and defense. */
interface Bench {
  dataset: DatasetUse;
  split: Split;
  model: UnitUse;
  training: Training;
  defense: UnitUse;
  seed: string;
}

class Graph {
  readonly jobs = new Map<string, PlannedJob>();
  readonly #engine: string;
  /** Split, model, training, defense and attack are the same objects in many jobs. */
  readonly #known: KnownTexts = new WeakMap();

  constructor(engine: string) {
    this.#engine = engine;
  }

  /** The jobs of one bench are added when an attack first needs them, and found again by the next. */
  bench({ dataset, split, model, training, defense, seed }: Bench) {
    const engine = this.#engine;
    const { origin: _, ...identity } = dataset;
    const records = this.#add({ kind: "prepare", params: { dataset: identity } });
    const known = new Map<string, string>();
    const once = (name: string, add: () => string): string => {
      const key = known.get(name) ?? add();
      known.set(name, key);
      return key;
    };
    const train = (owner: Owner): string =>
      once(`train ${owner}`, () =>
        this.#add({
          kind: "train",
          params: { inputs: { records }, engine, seed, split, owner, model, defense, training },
        }),
      );
    const query = (owner: Owner, points: QueryPoints): string =>
      once(`query ${owner} ${JSON.stringify(points)}`, () =>
        this.#add({
          kind: "query",
          params: { inputs: { records, weights: train(owner) }, engine, seed, split, points, defense },
        }),
      );
    return {
      attack: (attack: UnitUse, needs: AttackNeeds): string =>
        this.#add({
          kind: "attack",
          params: {
            inputs: {
              target: query("target", { set: "evaluation", owner: "target" }),
              shadows: Array.from({ length: needs.shadows }, (_, owner) => query(owner, { set: "evaluation", owner })),
              randomPoints:
                needs.randomPoints > 0 ? query("target", { set: "random", count: needs.randomPoints }) : null,
            },
            engine,
            seed,
            attack,
            access: needs.access,
          },
        }),
    };
  }

  #add(work: JobWork): string {
    const key = keyOf(work, this.#known);
    if (!this.jobs.has(key)) this.jobs.set(key, { ...work, key });
    return key;
  }
}

/** A job's fingerprint. The inputs' keys are among the parameters, so a key covers everything upstream. */
export function keyOf(work: JobWork, known?: KnownTexts): string {
  return fingerprint({ kind: work.kind, version: kindVersions[work.kind], params: work.params }, known);
}

/** Jobs by kind, for listings. */
export function countByKind(jobs: readonly { kind: JobKind }[]): Record<JobKind, number> {
  const counts: Record<JobKind, number> = { prepare: 0, train: 0, query: 0, attack: 0 };
  for (const { kind } of jobs) counts[kind]++;
  return counts;
}
