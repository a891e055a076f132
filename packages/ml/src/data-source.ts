import type { DatasetUse } from "@shadowfarm/core/catalog";
import { EnvironmentFault, InvalidInput } from "@shadowfarm/core/errors";
import type { DataPolicy } from "@shadowfarm/core/experiment";
import { sha256Hex } from "@shadowfarm/core/fingerprint";
import { createRng } from "@shadowfarm/core/rng";
import { datasets } from "./datasets/index.ts";
import type { Dataset, Records } from "./unit.ts";

/**
 * Settles where a dataset's records come from, before anything is planned. A stand-in is used only where the policy
 * allows it, and is then called synthetic in everything that follows from it.
 *
 * @throws {InvalidInput} when real data are required and absent, or their files are not what they should be.
 */
export async function resolveDataset(
  { name, data }: { name: string; data: DataPolicy },
  folders: readonly string[],
): Promise<DatasetUse> {
  const dataset = datasetNamed(name);
  const located = data === "synthetic" ? null : await dataset.locate(folders);
  if (located) {
    const { records, checksum } = await dataset.inspect(located);
    return { name, version: dataset.version, source: "real", checksum, records, origin: located.origin };
  }
  if (data === "real") {
    const searched = folders.length > 0 ? folders.join(", ") : "no folder";
    throw new InvalidInput(
      `the real ${name} data are not here (searched ${searched}); name their folder in SHADOWFARM_DATASETS, or write data: synthetic for the stand-in`,
    );
  }
  return {
    name,
    version: dataset.version,
    source: "synthetic",
    checksum: syntheticChecksum(dataset),
    records: dataset.syntheticRecords,
    origin: "synthetic stand-in",
  };
}

/**
 * The records that a job's parameters name, on this machine.
 *
 * @throws {EnvironmentFault} when this machine has no such data, other data, or another version of the dataset's code.
 */
export async function loadRecords(wanted: Omit<DatasetUse, "origin">, folders: readonly string[]): Promise<Records> {
  const dataset = datasetNamed(wanted.name);
  if (dataset.version !== wanted.version) {
    throw new EnvironmentFault(
      `the job wants ${wanted.name} version ${wanted.version}, but this worker has version ${dataset.version}; run the same Shadowfarm everywhere`,
    );
  }
  if (wanted.source === "synthetic") {
    return dataset.synthesize(createRng(`synthetic/${wanted.name}/${wanted.version}`), wanted.records);
  }
  const located = await dataset.locate(folders);
  if (!located) {
    throw new EnvironmentFault(
      `this worker has no real ${wanted.name} data (searched ${folders.join(", ")}); set SHADOWFARM_DATASETS`,
    );
  }
  const { checksum } = await dataset.inspect(located);
  if (checksum !== wanted.checksum) {
    throw new EnvironmentFault(
      `this worker's ${wanted.name} (${located.files.join(", ")}) has checksum ${checksum}, but the experiment was submitted with ${wanted.checksum}; give all machines the same files`,
    );
  }
  return dataset.load(located);
}

function datasetNamed(name: string): Dataset {
  const dataset = (datasets as Readonly<Record<string, Dataset>>)[name];
  if (!dataset) throw new InvalidInput(`unknown dataset "${name}"`);
  return dataset;
}

/** Stands for the stand-in's content: it follows from name, version and count alone. */
function syntheticChecksum({ name, version, syntheticRecords }: Dataset): string {
  return sha256Hex(`synthetic/${name}/${version}/${syntheticRecords}`);
}
