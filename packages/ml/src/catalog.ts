import type {
  AttackInfo,
  Catalog,
  DatasetInfo,
  DatasetUse,
  DefenseInfo,
  ModelInfo,
  UnitInfo,
} from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import { attacks } from "./attacks/index.ts";
import { datasets } from "./datasets/index.ts";
import { parseManifest, tableDataset } from "./datasets/table.ts";
import { defenses } from "./defenses/index.ts";
import { models } from "./models/index.ts";
import type { Attack, Dataset, Defense, Model } from "./unit.ts";

/** The four registries as plans, command line and dashboard see them: what a unit is, without the code that runs it. */
export const catalog: Catalog = {
  datasets: mapUnits<Dataset, DatasetInfo>(datasets, datasetInfo),
  models: mapUnits<Model, ModelInfo>(models, (unit) => ({ ...infoOf(unit), accepts: unit.accepts })),
  attacks: mapUnits<Attack, AttackInfo>(attacks, (unit) => ({
    ...infoOf(unit),
    needs: (params, setting) => unit.needs(unit.params.parse(params), setting),
  })),
  defenses: mapUnits<Defense, DefenseInfo>(defenses, (unit) => ({
    ...infoOf(unit),
    trains: changesTraining(unit),
    check: (params, { model, input, classes }) => {
      const made = models[model.name as keyof typeof models] as Model | undefined;
      if (!made || !changesTraining(unit)) return;
      if (!("layers" in made)) {
        throw new InvalidInput(`${unit.name} changes a network, but ${made.name} is none; use another model`);
      }
      const layers = made.layers(input, classes, made.params.parse(model.params));
      unit.check?.({ layers, input }, unit.params.parse(params));
    },
  })),
};

function changesTraining({ model, training, objective }: Defense): boolean {
  return model !== undefined || training !== undefined || objective !== undefined;
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
