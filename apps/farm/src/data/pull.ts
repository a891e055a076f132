import path from "node:path";
import { type Found, lookUp } from "@shadowfarm/ml/known-datasets";
import type { Dataset } from "@shadowfarm/ml/unit";
import { recordChecksum, recordedChecksum } from "./data-folder.ts";
import { homeOf } from "./known-datasets.ts";
import { fetchAll, type PullOptions } from "./pull-fetch.ts";
import { placeOf, type Task, tasksOf } from "./pull-tasks.ts";

export interface PulledFile {
  file: string;
  /** `kept`: it is not the published file, but the dataset can be read from it, as from a part of the records. */
  state: "present" | "kept" | "downloaded" | "failed";
  checksum: { algorithm: "sha256" | "md5"; hex: string; published: boolean } | null;
  /** Where it was downloaded from just now. */
  url: string | null;
  /** Why it failed: what each address answered. */
  problems: string[];
}

export interface PulledDataset {
  dataset: string;
  /** None when all records were there before, from whatever files. */
  files: PulledFile[];
  /** What the dataset is read from now. */
  found: { origin: string; records: number; checksum: string } | null;
  problem: string | null;
}

/**
 * Downloads what is missing of datasets into the first of the folders, and reads each dataset once. A file that fails leaves
 * the others to go on. A dataset that one of the folders has all records of is left as it is.
 *
 * @throws {EnvironmentFault} when the folder cannot be written or is full, or when no server at all can be reached
 * @throws the signal's reason, when it is aborted; what has arrived is kept
 */
export async function pullDatasets(
  wanted: readonly Dataset[],
  folders: readonly [string, ...string[]],
  options: PullOptions = {},
): Promise<PulledDataset[]> {
  const [folder] = folders;
  const tasks = new Map<string, Task>();
  const plans: { dataset: Dataset; whole: Found | null; own: Task[] }[] = [];
  for (const dataset of wanted) {
    options.signal?.throwIfAborted();
    const whole = await lookForWhole(dataset, folders);
    const own = whole === null ? await tasksOf(dataset, folder) : [];
    for (const task of own) if (!tasks.has(placeOf(task))) tasks.set(placeOf(task), task);
    plans.push({ dataset, whole, own: own.map((task) => tasks.get(placeOf(task)) as Task) });
  }
  await fetchAll([...tasks.values()], options);
  const pulled: PulledDataset[] = [];
  for (const { dataset, whole, own } of plans) {
    options.signal?.throwIfAborted();
    const files = await Promise.all(own.map(fileOf));
    pulled.push({ dataset: dataset.name, files, ...(await conclude(dataset, whole, own, folder)) });
  }
  return pulled;
}

async function lookForWhole(dataset: Dataset, folders: readonly string[]): Promise<Found | null> {
  for (const folder of folders) {
    const found = await lookUp(dataset, [folder]);
    if (found.state === "present" && found.inspected.records >= dataset.records) return found;
  }
  return null;
}

async function conclude(
  dataset: Dataset,
  whole: Found | null,
  tasks: readonly Task[],
  folder: string,
): Promise<Pick<PulledDataset, "found" | "problem">> {
  const { name, downloads } = dataset;
  const failed = tasks.filter(({ outcome }) => outcome?.state === "failed").length;
  if (whole === null && downloads.length === 0) {
    const home = path.join(folder, homeOf(dataset));
    const problem = `${name} cannot be downloaded by an address; put its files into ${home}, or give: shadowfarm data import PATH`;
    return { found: null, problem };
  }
  if (failed > 0) return { found: null, problem: `${name}: ${failed} of ${tasks.length} files failed` };
  const found = whole ?? (await lookUp(dataset, [folder]));
  if (found.state === "damaged") {
    // What was recorded of a file that cannot be read must not keep it from being downloaded again.
    for (const task of tasks) if (task.wanted.checksum === null) await recordChecksum(placeOf(task), null);
    return { found: null, problem: found.message };
  }
  if (found.state === "absent") return { found: null, problem: `${name}: it is not read from the files that are here` };
  const { files, origin } = found.located;
  const { records, checksum } = found.inspected;
  const used = whole !== null || tasks.some((task) => files.includes(placeOf(task)));
  const problem = used ? null : `${name}: ${files[0]} is read in place of what was downloaded; move it away`;
  return { found: { origin, records, checksum }, problem };
}

async function fileOf(task: Task): Promise<PulledFile> {
  const { wanted, outcome } = task;
  const state = outcome?.state ?? "failed";
  return {
    file: wanted.file,
    state,
    checksum: state === "present" || state === "downloaded" ? await checksumOf(task) : null,
    url: outcome?.state === "downloaded" ? outcome.url : null,
    problems: outcome?.state === "failed" ? outcome.reasons.map(({ url, reason }) => `${url} ${reason}`) : [],
  };
}

async function checksumOf(task: Task): Promise<PulledFile["checksum"]> {
  if (task.wanted.checksum !== null) return { ...task.wanted.checksum, published: true };
  const hex = await recordedChecksum(placeOf(task));
  return hex === null ? null : { algorithm: "sha256", hex, published: false };
}
