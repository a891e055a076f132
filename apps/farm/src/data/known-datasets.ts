import { EnvironmentFault, InvalidInput, messageOf } from "@shadowfarm/core/errors";
import { suggestion } from "@shadowfarm/core/suggestion";
import { datasetsIn } from "@shadowfarm/ml/data-source";
import { datasets } from "@shadowfarm/ml/datasets/index";
import type { Dataset, Inspected, Located } from "@shadowfarm/ml/unit";
import type { FarmConfig } from "../config.ts";

/** What folders have of a dataset. */
export type Found =
  | { state: "present"; located: Located; inspected: Inspected }
  | { state: "absent" }
  | { state: "damaged"; message: string };

/** Looks for a dataset's files and, where there are some, whether they are whole. */
export async function lookUp({ locate, inspect }: Dataset, folders: readonly string[]): Promise<Found> {
  try {
    const located = await locate(folders);
    if (located === null) return { state: "absent" };
    return { state: "present", located, inspected: await inspect(located) };
  } catch (error) {
    return { state: "damaged", message: messageOf(error) };
  }
}

/**
 * Every dataset that can be named here. Of tables that were imported, one that is damaged is a problem which hides them all,
 * and none of the datasets that come with Shadowfarm.
 */
export async function knownDatasets(
  folders: readonly string[],
): Promise<{ known: Readonly<Record<string, Dataset>>; problems: readonly string[] }> {
  try {
    return { known: await datasetsIn(folders), problems: [] };
  } catch (error) {
    if (error instanceof InvalidInput) return { known: datasets, problems: error.problems };
    throw error;
  }
}

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
