import { InvalidInput, messageOf } from "@shadowfarm/core/errors";
import { datasetsIn } from "./data-source.ts";
import { datasets } from "./datasets/index.ts";
import type { Dataset, Inspected, Located } from "./unit.ts";

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

/** A dataset, and what folders have of it. */
export interface DatasetState {
  dataset: Dataset;
  found: Found;
}

/** The same as programs read it. */
export function datasetListing({ dataset, found }: DatasetState) {
  const { name, title, kind, classes, records, licence, paper, downloads } = dataset;
  return {
    ...{ name, title, kind, classes, records, licence, paper, downloads },
    state: found.state,
    /** What `data: real-or-synthetic` would take; null while damaged files are in the way. */
    data: { present: "real", absent: "synthetic", damaged: null }[found.state],
    found:
      found.state === "present"
        ? { origin: found.located.origin, files: found.located.files, ...found.inspected }
        : null,
    problem: found.state === "damaged" ? found.message : null,
  };
}
