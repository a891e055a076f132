import type { Catalog, DatasetUse } from "@shadowfarm/core/catalog";
import { EnvironmentFault, InvalidInput } from "@shadowfarm/core/errors";
import type { DataPolicy } from "@shadowfarm/core/experiment";
import { sha256Hex } from "@shadowfarm/core/fingerprint";
import type { LoadParams } from "@shadowfarm/core/job";
import { createRng } from "@shadowfarm/core/rng";
import { withTables } from "./catalog.ts";
import { datasets } from "./datasets/index.ts";
import { importedTables } from "./datasets/table.ts";
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
  const dataset = await datasetNamed(name, folders);
  const { version, records, syntheticGroup = 1, manifest } = dataset;
  const located = data === "synthetic" ? null : await dataset.locate(folders);
  if (located) {
    const { origin } = located;
    const inspected = await dataset.inspect(located);
    return { name, version, source: "real", origin, ...inspected, ...(manifest !== undefined && { table: manifest }) };
  }
  if (data === "real") {
    const searched = folders.length > 0 ? folders.join(", ") : "no folder";
    throw new InvalidInput(
      `the real ${name} data are not here (searched ${searched}); get them with shadowfarm data pull ${name}, name their folder in SHADOWFARM_DATASETS, or write data: synthetic for the stand-in`,
    );
  }
  if (manifest !== undefined)
    throw new InvalidInput(`${name} is an imported table, which has no stand-in; write data: real`);
  const checksum = syntheticChecksum(dataset);
  return {
    name,
    version,
    source: "synthetic",
    checksum,
    records,
    largestGroup: syntheticGroup,
    origin: "synthetic stand-in",
  };
}

/**
 * The records that a job's parameters name, on this machine.
 *
 * @throws {EnvironmentFault} when this machine has no such data, other data, or another version of the dataset's code.
 */
export async function loadRecords(
  wanted: LoadParams["dataset"],
  folders: readonly string[],
): Promise<{ dataset: Dataset; records: Records }> {
  const dataset = await datasetNamed(wanted.name, folders);
  if (dataset.version !== wanted.version) {
    throw new EnvironmentFault(
      `the job wants ${wanted.name} version ${wanted.version}, but this worker has version ${dataset.version}; run the same Shadowfarm everywhere`,
    );
  }
  if (wanted.source === "synthetic") {
    const rng = createRng(`synthetic/${wanted.name}/${wanted.version}`);
    return { dataset, records: dataset.synthesize(rng, wanted.records) };
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
  return { dataset, records: await dataset.load(located) };
}

/** The units that an experiment file can name here. */
export async function catalogIn(folders: readonly string[]): Promise<Catalog> {
  return withTables(Object.values(await importedTables(folders)));
}

/** Every dataset that can be named here: the registry's, and the tables that were imported into these folders. */
export async function datasetsIn(folders: readonly string[]): Promise<Readonly<Record<string, Dataset>>> {
  return { ...(await importedTables(folders)), ...datasets };
}

async function datasetNamed(name: string, folders: readonly string[]): Promise<Dataset> {
  const known = datasets as Readonly<Record<string, Dataset>>;
  const dataset = known[name] ?? (await importedTables(folders))[name];
  if (!dataset)
    throw new InvalidInput(`unknown dataset "${name}"; shadowfarm data list shows those that are known here`);
  return dataset;
}

/** Stands for the stand-in's content: it follows from name, version and count alone. */
function syntheticChecksum({ name, version, records }: Dataset): string {
  return sha256Hex(`synthetic/${name}/${version}/${records}`);
}
