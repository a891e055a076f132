import type { Catalog, UnitInfo } from "./catalog.ts";
import { trainingSchema } from "./training.ts";

/** What results are told apart by, beside the parameters of their units. */
export const plainDimensions = [
  "experiment",
  "experimentId",
  "dataset",
  "data",
  "origin",
  "records",
  "split",
  "model",
  "attack",
  "attacker",
  "defense",
  "repeat",
  "engine",
  "machine",
  "version",
] as const;
export type PlainDimension = (typeof plainDimensions)[number];

/** Dimensions whose values are whole numbers. */
export const numericDimensions: ReadonlySet<string> = new Set<PlainDimension>(["records", "repeat"]);

/** What has parameters: `attack.shadows`, `training.epochs`. */
export const parameterOwners = ["dataset", "model", "training", "attack", "defense"] as const;
export type ParameterOwner = (typeof parameterOwners)[number];

/** A dimension: one of `plainDimensions`, or a parameter such as `attack.shadows`. */
export type Dimension = PlainDimension | `${ParameterOwner}.${string}`;

/** The numbers of a result that can be listed, sorted by, bounded and averaged. */
export const measures = [
  "auc",
  "tpr@0.1",
  "tpr@0.01",
  "tpr@0.001",
  "trainAccuracy",
  "testAccuracy",
  "gap",
  "balancedAccuracy",
  "bestBalancedAccuracy",
  "advantage",
  "precision",
  "precisionBalanced",
  "recall",
  "fpr",
  "precisionMacro",
  "recallMacro",
  "queries",
  "members",
  "nonMembers",
  "computeSeconds",
] as const;
export type Measure = (typeof measures)[number];

/** Every dimension that results of a catalogue can have. */
export function dimensionsOf(catalog: Catalog): Dimension[] {
  const named = (owner: ParameterOwner, units: Readonly<Record<string, UnitInfo>>) =>
    [...new Set(Object.values(units).flatMap(({ params }) => Object.keys(params.shape)))].map(
      (name) => `${owner}.${name}` as const,
    );
  return [
    ...plainDimensions,
    ...named("dataset", catalog.datasets),
    ...named("model", catalog.models),
    ...Object.keys(trainingSchema.shape).map((name) => `training.${name}` as const),
    ...named("attack", catalog.attacks),
    ...named("defense", catalog.defenses),
  ];
}
