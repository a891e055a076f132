import type { AttackInfo, Catalog, DatasetInfo, ModelInfo, UnitInfo } from "@shadowfarm/core/catalog";
import { attacks } from "./attacks/index.ts";
import { datasets } from "./datasets/index.ts";
import { defenses } from "./defenses/index.ts";
import { models } from "./models/index.ts";
import type { Attack, Dataset, Defense, Model } from "./unit.ts";

/** The four registries as plans, command line and dashboard see them: what a unit is, without the code that runs it. */
export const catalog: Catalog = {
  datasets: mapUnits<Dataset, DatasetInfo>(datasets, (unit) => ({
    ...infoOf(unit),
    input: unit.input,
    classes: unit.classes,
    licence: unit.licence,
  })),
  models: mapUnits<Model, ModelInfo>(models, (unit) => ({ ...infoOf(unit), accepts: unit.accepts })),
  attacks: mapUnits<Attack, AttackInfo>(attacks, (unit) => ({
    ...infoOf(unit),
    needs: (params, dataset) => unit.needs(unit.params.parse(params), dataset),
  })),
  defenses: mapUnits<Defense, UnitInfo>(defenses, infoOf),
};

function infoOf({ name, title, paper, version, params }: UnitInfo): UnitInfo {
  return { name, title, paper, version, params };
}

function mapUnits<U, I>(units: Readonly<Record<string, U>>, map: (unit: U) => I): Record<string, I> {
  return Object.fromEntries(Object.entries(units).map(([name, unit]) => [name, map(unit)]));
}
