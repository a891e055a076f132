import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { InvalidInput } from "@shadowfarm/core/errors";
import { datasets } from "@shadowfarm/ml/datasets/index";
import { parseManifest, TABLE_FILES, type TableManifest, tableDataset } from "@shadowfarm/ml/datasets/table";
import { checkTableName, planTable, tableNameOf } from "@shadowfarm/ml/datasets/table-plan";
import { lookUp } from "@shadowfarm/ml/known-datasets";
import { copyTree, flushFolder, folderFault } from "./data-folder.ts";
import type { ImportedDataset } from "./import-files.ts";

/** A table to be imported; without a name it takes that of its file. */
export interface TableSource {
  csv: string;
  label: string;
  name?: string | undefined;
}

/** An imported table as it was understood, for its owner to look at. */
export interface ImportedTable extends ImportedDataset {
  table: TableManifest;
}

/**
 * Copies a lab's own table into `folder`, with what was found out about its columns, as one: it is there whole or not.
 *
 * @throws {InvalidInput} as `planTable` does, and when the name does not fit or is that of other data
 * @throws {EnvironmentFault} when the folder cannot be written or is full; then nothing is left in it
 */
export async function importTable(source: TableSource, folder: string, signal: AbortSignal): Promise<ImportedTable> {
  const csv = path.resolve(source.csv);
  const name = checkTableName(source.name ?? tableNameOf(csv), Object.keys(datasets));
  const table = await planTable(csv, source.label, name);
  const goal = path.join(folder, name);
  const there = await manifestIn(goal);
  if (there !== null && !isSame(there, table)) throw taken(name, goal);
  const before = await reportOn(table, folder, "present");
  if (before !== null && there !== null) return before;
  const unfinished = path.join(folder, `.import-${randomUUID()}`);
  try {
    const inside = path.join(unfinished, name);
    await mkdir(inside, { recursive: true });
    await copyTree(csv, path.join(inside, TABLE_FILES.csv), signal);
    await writeFile(path.join(inside, TABLE_FILES.manifest), `${JSON.stringify(table, null, 2)}\n`, { flush: true });
    await flushFolder(inside);
    const imported = await reportOn(table, unfinished, "imported");
    if (imported === null) throw new InvalidInput(`${source.csv} changed while it was imported; import it again`);
    // A damaged copy gives way to the whole one.
    if (there !== null) await rename(path.join(inside, TABLE_FILES.csv), path.join(goal, TABLE_FILES.csv));
    else await giveName(inside, goal, name);
    await flushFolder(folder);
    return imported;
  } catch (error) {
    signal.throwIfAborted();
    throw folderFault(error, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true }).catch(() => {});
  }
}

async function giveName(unfinished: string, goal: string, name: string): Promise<void> {
  await rename(unfinished, goal).catch((error: NodeJS.ErrnoException) => {
    throw ["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(error.code ?? "") ? taken(name, goal) : error;
  });
}

/** Null when the table is not in the folder, or not whole. */
async function reportOn(
  table: TableManifest,
  folder: string,
  state: ImportedDataset["state"],
): Promise<ImportedTable | null> {
  const found = await lookUp(tableDataset(table), [folder]);
  if (found.state !== "present") return null;
  const { records, checksum } = found.inspected;
  return {
    dataset: table.name,
    state,
    origin: found.located.origin,
    records,
    checksum,
    files: Object.values(TABLE_FILES),
    table,
  };
}

/** The manifest of the table that has a place already; null when none has. */
async function manifestIn(goal: string): Promise<unknown> {
  const text = await readFile(path.join(goal, TABLE_FILES.manifest), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return parseManifest(JSON.parse(text));
  } catch {
    return "damaged";
  }
}

/** Whether two tables are the same but for the name of the file that they came from. */
function isSame(there: unknown, table: TableManifest): boolean {
  return typeof there === "object" && isDeepStrictEqual({ ...there, importedFrom: "" }, { ...table, importedFrom: "" });
}

function taken(name: string, goal: string): InvalidInput {
  return new InvalidInput(
    `${goal} has other data under the name "${name}"; choose another with --name, or move it away`,
  );
}
