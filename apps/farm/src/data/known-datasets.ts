import { EnvironmentFault, InvalidInput } from "@shadowfarm/core/errors";
import { suggestion } from "@shadowfarm/core/suggestion";
import type { Dataset } from "@shadowfarm/ml/unit";
import type { FarmConfig } from "../config.ts";

/** The folder of a dataset's files, in the folder of all data. */
export function homeOf({ name, folder = name }: Dataset): string {
  return folder;
}

/**
 * The datasets of these names, each once.
 *
 * @throws {InvalidInput} naming each that is not known, with what may have been meant
 */
export function datasetsNamed(names: readonly string[], known: Readonly<Record<string, Dataset>>): Dataset[] {
  const problems = names
    .filter((name) => !Object.hasOwn(known, name))
    .map((name) => `unknown dataset "${name}"; ${suggestion(name, Object.keys(known))}`);
  if (problems.length > 0) throw new InvalidInput(problems);
  return [...new Set(names)].map((name) => known[name] as Dataset);
}

/**
 * The folder that new data go to: the first of those that are searched.
 *
 * @throws {EnvironmentFault} when none is named
 */
export function firstFolder({ datasetFolders: [first] }: FarmConfig): string {
  if (first !== undefined) return first;
  throw new EnvironmentFault("SHADOWFARM_DATASETS names no folder; name one, or leave it unset");
}
