import type {
  AttackInfo,
  Catalog,
  DatasetInfo,
  DatasetUse,
  Defended,
  DefenseInfo,
  ModelInfo,
  UnitInfo,
} from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import { attacks } from "./attacks/index.ts";
import { bound, changesTraining, trainedUnder } from "./bound-defense.ts";
import { datasets } from "./datasets/index.ts";
import { parseManifest, tableDataset } from "./datasets/table.ts";
import type { Defense } from "./defense.ts";
import { defenses } from "./defenses/index.ts";
import { models } from "./models/index.ts";
import { macsOf } from "./network.ts";
import type { Attack, Dataset, Model } from "./unit.ts";

/** The four registries as plans, command line and dashboard see them: what a unit is, without the code that runs it. */
export const catalog: Catalog = {
  datasets: mapUnits<Dataset, DatasetInfo>(datasets, datasetInfo),
  models: mapUnits<Model, ModelInfo>(models, (unit) => ({
    ...infoOf(unit),
    accepts: unit.accepts,
    macs(input, classes, params) {
      if (!("layers" in unit)) return 0;
      return macsOf(unit.layers(input, classes, unit.params.parse(params)), input.shape);
    },
  })),
  attacks: mapUnits<Attack, AttackInfo>(attacks, (unit) => ({
    ...infoOf(unit),
    needs: (params, setting) => unit.needs(unit.params.parse(params), setting),
  })),
  defenses: mapUnits<Defense, DefenseInfo>(defenses, (unit) => ({
    ...infoOf(unit),
    trainedUnder: (params) => trainedUnder(unit, params),
    changesAnswers: (params) => bound(unit, unit.params.parse(params)).posteriors !== undefined,
    check: (params, defended) => checkDefense(unit, unit.params.parse(params), defended),
  })),
};

function checkDefense(unit: Defense, params: Record<string, unknown>, { model, reference, ...about }: Defended): void {
  const made = models[model.name as keyof typeof models] as Model | undefined;
  const defense = bound(unit, params);
  if (!made || !changesTraining(defense)) return;
  if (!("layers" in made)) {
    throw new InvalidInput(
      `${unit.name} changes how a network is trained, but ${made.name} is none; use another model`,
    );
  }
  const layers = made.layers(about.input, about.classes, made.params.parse(model.params));
  defense.check({ ...about, layers });
  const needed = defense.reference(about.side);
  if (needed > reference) {
    throw new InvalidInput(
      `it needs ${needed} records besides those of target and shadows, but there are ${reference} with ${about.side} on a side; lower records`,
    );
  }
}

/** The catalogue with the imported tables of a dataset folder, or of an experiment, besides. */
export function withTables(tables: readonly Dataset[]): Catalog {
  return {
    ...catalog,
    datasets: { ...catalog.datasets, ...Object.fromEntries(tables.map((table) => [table.name, datasetInfo(table)])) },
  };
}

/** The catalogue as an experiment's datasets were submitted: the imported tables among them bring their manifests. */
export function catalogFor(uses: readonly DatasetUse[]): Catalog {
  return withTables(uses.flatMap(({ table }) => (table === undefined ? [] : [tableDataset(parseManifest(table))])));
}

function datasetInfo(unit: Dataset): DatasetInfo {
  const { kind, classes, records, licence, downloads } = unit;
  return {
    ...infoOf(unit),
    ...{ kind, classes, records, licence, downloads },
    input: (params) => unit.input(unit.params.parse(params)),
    encoding: (params) => unit.encoding(unit.params.parse(params)),
  };
}

function infoOf({ name, title, paper, version, params }: UnitInfo): UnitInfo {
  return { name, title, paper, version, params };
}

function mapUnits<U, I>(units: Readonly<Record<string, U>>, map: (unit: U) => I): Record<string, I> {
  return Object.fromEntries(Object.entries(units).map(([name, unit]) => [name, map(unit)]));
}
