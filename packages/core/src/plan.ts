import type {
  AttackNeeds,
  Catalog,
  DatasetInfo,
  DatasetUse,
  Encoding,
  InputInfo,
  ModelInfo,
  UnitUse,
} from "./catalog.ts";
import { messageOf } from "./errors.ts";
import { type Experiment, InvalidExperiment, type UnitChoice } from "./experiment.ts";
import { fingerprint, type KnownTexts } from "./fingerprint.ts";
import { type JobKind, type JobWork, kindVersions, type QueryPoints } from "./job.ts";
import { largestSide, type Owner, type Split, type SplitScheme } from "./split.ts";
import type { Training } from "./training.ts";
import type { Problem } from "./validation.ts";

/** A node of the plan. */
export type PlannedJob = JobWork & { key: string };

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
  const inputs = experiment.datasets.reduce((sum, { params }) => sum + params.length, 0);
  const count =
    inputs *
    experiment.records.length *
    experiment.splits.length *
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
    const sizes = sizesFor(experiment, dataset, report);
    const choices = experiment.datasets.find(({ name }) => name === dataset.name)?.params ?? [];
    for (const datasetParams of choices) {
      // Made once, so that the same objects are in all jobs and written out once.
      const given = { input: info.input(datasetParams), encoding: info.encoding(datasetParams) };
      for (const { scheme, side } of sizes) {
        for (const model of modelUses) {
          for (const training of trainings) {
            for (const defense of defenseUses) {
              for (let repeat = 0; repeat < spec.repeats; repeat++) {
                const seed = `${spec.seed}/repeat/${repeat}`;
                const split = { scheme, seed, side };
                const bench = graph.bench({ dataset, ...given, split, model, training, defense, seed });
                attackUses.forEach((attack, index) => {
                  const need = needs[index];
                  if (!need) return;
                  const jobKey = bench.attack(attack, need);
                  const cell = {
                    dataset,
                    datasetParams,
                    records: side,
                    split: scheme,
                    model,
                    training,
                    defense,
                    attack,
                  };
                  // Sweeps may name one combination twice (auto and cnn, say), which would pass for two repeats of it.
                  cells.set(jobKey, { ...cell, repeat, jobKey });
                });
              }
            }
          }
        }
      }
    }
  }
  if (problems.size > 0) throw new InvalidExperiment([...problems.values()]);
  return { jobs: [...graph.jobs.values()], cells: [...cells.values()] };
}

/** The splits that an experiment asks for and a dataset has records for. */
function sizesFor(
  { records, splits, spec }: Experiment,
  dataset: DatasetUse,
  report: (problem: Problem) => void,
): { scheme: SplitScheme; side: number }[] {
  return records.flatMap((asked, index) =>
    splits.flatMap((scheme) => {
      const largest = largestSide(scheme, dataset.records, dataset.largestGroup);
      const side = asked ?? largest;
      if (side >= 1 && side <= largest) return [{ scheme, side }];
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
  input: InputInfo;
  encoding: Encoding;
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
  bench({ dataset, input, encoding, split, model, training, defense, seed }: Bench) {
    const engine = this.#engine;
    const { name, version, source, checksum } = dataset;
    const identity = { name, version, source, checksum, records: dataset.records };
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
          params: { inputs: { records }, engine, seed, split, owner, input, encoding, model, defense, training },
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
