import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { InvalidInput, messageOf } from "@shadowfarm/core/errors";
import { lookUp } from "@shadowfarm/ml/known-datasets";
import type { Dataset } from "@shadowfarm/ml/unit";
import { ambiguous, type Claim, claimsOn, groupClaims, isInside } from "./claims.ts";
import { copyTree, flushFolder, folderFault } from "./data-folder.ts";
import { homeOf } from "./known-datasets.ts";

/** A dataset that was taken from elsewhere. `present`: the same content was there before. */
export interface ImportedDataset {
  dataset: string;
  state: "imported" | "present";
  origin: string;
  records: number;
  checksum: string;
  /** Relative to the dataset's folder. */
  files: string[];
}

export interface ImportResult {
  imported: ImportedDataset[];
  /** Of files that belong to a dataset and could not be taken. */
  problems: string[];
}

/**
 * Copies the datasets that a file or folder holds into `folder`, each under its own name, and reads the copies.
 *
 * @param place a file, with what belongs to it beside it; or a folder of files
 * @throws {InvalidInput} when nothing of any dataset is there, or when the files may be those of several
 * @throws {EnvironmentFault} when the folder cannot be written or is full; then nothing is left in it
 */
export async function importFiles(
  place: string,
  datasets: readonly Dataset[],
  folder: string,
  signal: AbortSignal,
): Promise<ImportResult> {
  const source = path.resolve(place);
  const found = await stat(source).catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInput(`${place} cannot be read (${error.code}); give a file or a folder of a dataset`);
  });
  const searched = found.isDirectory() ? source : path.dirname(source);
  const { claims, problems } = await claimsOn(searched, datasets, found.isDirectory() ? null : source);
  const groups = groupClaims(claims);
  if (claims.length === 0 && problems.length === 0) throw new InvalidInput(nothingIn(place, datasets));
  const imported: ImportedDataset[] = [];
  for (const group of groups) {
    try {
      imported.push(...(await take(group, folder, signal)));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof InvalidInput)) throw folderFault(error, folder);
      problems.push(messageOf(error));
    }
  }
  return { imported, problems };
}

/** Takes the files of one dataset, or of several that have them in common. */
async function take(claims: readonly Claim[], folder: string, signal: AbortSignal): Promise<ImportedDataset[]> {
  const { located, base, dataset } = claims[0] as Claim;
  const home = homeOf(dataset);
  const files = located.files.map((file) => placeOf(file, base, home));
  const report = (state: ImportedDataset["state"]) =>
    claims.map((claim) => ({
      ...{ dataset: claim.dataset.name, state, origin: claim.located.origin, files },
      ...{ records: claim.inspected.records, checksum: claim.inspected.checksum },
    }));
  const there = await Promise.all(claims.map((claim) => isThere(claim, folder)));
  if (there.every(Boolean)) return report("present");
  await mkdir(folder, { recursive: true });
  if (claims.some((claim) => homeOf(claim.dataset) !== home)) throw ambiguous(claims);
  const unfinished = path.join(folder, `.import-${randomUUID()}`);
  try {
    for (const [at, file] of located.files.entries()) {
      await copyTree(file, path.join(unfinished, home, files[at] as string), signal);
    }
    await confirm(claims, unfinished);
    await move(path.join(unfinished, home), path.join(folder, home), files);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  await confirm(claims, folder);
  return report("imported");
}

/** @throws {InvalidInput} when other content is there */
async function isThere({ dataset, inspected }: Claim, folder: string): Promise<boolean> {
  const found = await lookUp(dataset, [folder]);
  if (found.state !== "present" || !found.located.files.every((file) => isInside(file, folder))) return false;
  if (found.inspected.checksum === inspected.checksum) return true;
  const { files, origin } = found.located;
  throw new InvalidInput(`${files[0]} is of other data of ${dataset.name} (${origin}); move it away to import these`);
}

/** Relative to the dataset's folder, wherever the file was found. */
function placeOf(file: string, base: string, home: string): string {
  const relative = path.relative(base, file);
  const prefix = home + path.sep;
  return relative.startsWith(prefix) ? relative.slice(prefix.length) : relative;
}

/** @throws {InvalidInput} when a dataset is not read from the copies, or reads another content from them */
async function confirm(claims: readonly Claim[], folder: string): Promise<void> {
  for (const { dataset, inspected } of claims) {
    const found = await lookUp(dataset, [folder]);
    if (found.state === "present" && found.inspected.checksum === inspected.checksum) continue;
    const why =
      found.state === "present"
        ? `${found.located.files[0]} is read in place of them; move it away`
        : found.state === "damaged"
          ? found.message
          : "they are not found there";
    throw new InvalidInput(`the copies of ${dataset.name} in ${folder} are not read as the originals are: ${why}`);
  }
}

/** As one where the dataset had no folder yet; otherwise file by file, each whole. */
async function move(from: string, to: string, files: readonly string[]): Promise<void> {
  if (!existsSync(to)) await rename(from, to);
  else {
    for (const file of files) {
      const target = path.join(to, file);
      await mkdir(path.dirname(target), { recursive: true });
      await rename(path.join(from, file), target).catch((error: NodeJS.ErrnoException) => {
        throw new InvalidInput(`${target} is in the way (${error.code}); move it away`);
      });
    }
  }
  await flushFolder(path.dirname(to));
}

function nothingIn(place: string, datasets: readonly Dataset[]): string[] {
  const looked = datasets
    .filter(({ downloads }) => downloads.length > 0)
    .map(({ name, downloads }) => `  ${name}: ${downloads.map(({ file }) => file).join(", ")}`);
  return [`nothing in ${place} is of a dataset; files are known by their official names:`, ...looked];
}
