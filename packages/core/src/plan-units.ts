import type { Catalog, DatasetInfo, DatasetUse, InputInfo, ModelInfo, UnitUse } from "./catalog.ts";
import { InvalidInput, messageOf } from "./errors.ts";
import type { Experiment, UnitChoice } from "./experiment.ts";
import type { Setting } from "./graph.ts";
import type { PlanContext } from "./plan.ts";
import { suggestion } from "./suggestion.ts";
import type { Problem } from "./validation.ts";

export const undefended = { name: "none", params: {} };

/** A dataset of the experiment, with how its records are given to a model for each of its parameters. */
export interface Source {
  dataset: DatasetUse;
  info: DatasetInfo;
  /** Made once, so that the same objects are in all jobs and written out once. */
  given: (Pick<Setting, "input" | "encoding"> & { params: Record<string, unknown> })[];
}

export function sourcesOf(experiment: Experiment, catalog: Catalog, { datasets }: PlanContext): Map<string, Source> {
  return new Map(
    datasets.map((dataset) => {
      const info = catalog.datasets[dataset.name] as DatasetInfo;
      const choices = experiment.datasets.find(({ name }) => name === dataset.name)?.params ?? [];
      const given = choices.map((params) => ({ params, input: info.input(params), encoding: info.encoding(params) }));
      return [dataset.name, { dataset, info, given }];
    }),
  );
}

export function useOf(
  choice: Omit<UnitChoice, "path">,
  units: Catalog["attacks"] | Catalog["defenses"] | Catalog["models"],
): UnitUse {
  return { name: choice.name, version: units[choice.name]?.version ?? 0, params: choice.params };
}

/** A dataset's model, with its multiply-accumulates; null when a problem was reported. */
export function modelFor(
  choice: UnitChoice | "auto",
  dataset: DatasetInfo,
  input: InputInfo,
  catalog: Catalog,
  report: (problem: Problem) => void,
): Pick<Setting, "model" | "macs"> | null {
  const resolved = choice === "auto" ? autoModel(dataset, catalog) : choice;
  const path = choice === "auto" ? ["model"] : choice.path;
  const info = catalog.models[resolved.name] as ModelInfo;
  if (!info.accepts.includes(dataset.kind)) {
    report({
      path,
      message: `${info.name} takes ${info.accepts.join(" or ")} records, but ${dataset.name} has ${dataset.kind} ones; use auto, or another model`,
    });
    return null;
  }
  const model = useOf(resolved, catalog.models);
  try {
    return { model, macs: macsOf(model, input, dataset, catalog) };
  } catch (error) {
    report(problemOf({ ...resolved, path }, dataset, error));
    return null;
  }
}

/**
 * Multiply-accumulates of one pass over a record.
 *
 * @throws {InvalidInput} when the model cannot take such records.
 */
export function macsOf(
  { name, params }: UnitUse,
  input: InputInfo,
  { classes }: DatasetInfo,
  { models }: Catalog,
): number {
  return (models[name] as ModelInfo).macs(input, classes, params);
}

export function autoModel(dataset: DatasetInfo, catalog: Catalog): Omit<UnitChoice, "path"> {
  const name = dataset.kind === "image" ? "cnn" : "mlp";
  return { name, params: (catalog.models[name] as ModelInfo).params.parse({}) };
}

export function namedModel(
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

/** Whether a check of a unit passes; if not, the problem is reported. */
export function isFine(
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

export function problemOf({ name, path }: UnitChoice, dataset: DatasetInfo, error: unknown): Problem {
  return { path, message: `${name} on ${dataset.name}: ${messageOf(error)}` };
}
