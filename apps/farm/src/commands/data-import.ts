import { InvalidInput } from "@shadowfarm/core/errors";
import { datasets } from "@shadowfarm/ml/datasets/index";
import type { FarmConfig } from "../config.ts";
import { type ImportedDataset, type ImportResult, importFiles } from "../data/import-files.ts";
import { type ImportedTable, importTable } from "../data/import-table.ts";
import { datasetsNamed, firstFolder } from "../data/known-datasets.ts";
import { EXIT, interruption } from "../session.ts";

interface ImportOptions {
  csv?: string;
  label?: string;
  name?: string;
  json?: boolean;
}

/** `data import PATH` takes official files from elsewhere; `data import --csv FILE --label COLUMN` a lab's own table. */
export async function importData(
  config: FarmConfig,
  place: string | undefined,
  options: ImportOptions,
): Promise<number> {
  refuseContradictions(place, options);
  const signal = interruption();
  let result: ImportResult;
  try {
    result = await importAny(config, place, options, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    process.stderr.write("interrupted; what was not finished was not taken\n");
    return EXIT.interrupted;
  }
  if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else for (const taken of result.imported) process.stdout.write(`${describe(taken)}\n`);
  for (const problem of result.problems) process.stderr.write(`${problem}\n`);
  return result.problems.length > 0 ? EXIT.failed : EXIT.ok;
}

function refuseContradictions(place: string | undefined, { csv, label }: ImportOptions): void {
  if (place !== undefined && csv !== undefined) {
    throw new InvalidInput("a path and --csv are two imports; give one of them");
  }
  if (place === undefined && csv === undefined) {
    throw new InvalidInput("nothing to import; give the path of official files, or --csv FILE --label COLUMN");
  }
  if ((csv === undefined) !== (label === undefined)) {
    throw new InvalidInput("--csv and --label belong together: a table, and its column that is to be predicted");
  }
}

async function importAny(
  config: FarmConfig,
  place: string | undefined,
  { csv, label, name }: ImportOptions,
  signal: AbortSignal,
): Promise<ImportResult> {
  const folder = firstFolder(config);
  if (csv !== undefined && label !== undefined) {
    return { imported: [await importTable({ csv, label, name }, folder, signal)], problems: [] };
  }
  const wanted = name === undefined ? Object.values(datasets) : datasetsNamed([name], datasets);
  return importFiles(place ?? "", wanted, folder, signal);
}

function describe(taken: ImportedDataset | ImportedTable): string {
  const { dataset, state, origin, records, checksum, files } = taken;
  const how = state === "imported" ? `imported ${files.join(", ")}` : "the same is there already";
  const line = `${dataset}: ${how}: real data (${origin}), ${records} records, checksum ${checksum}`;
  return "table" in taken ? `${line}\n${describeColumns(taken.table)}` : line;
}

/** How the columns were understood, which their owner alone can judge: a postcode looks like a number. */
function describeColumns({ label, classes, columns }: ImportedTable["table"]): string {
  const numbers = columns.flatMap((column) => ("choices" in column ? [] : [column.name]));
  const choices = columns.flatMap((column) =>
    "choices" in column ? [`${column.name} (${column.choices.length})`] : [],
  );
  return [
    `  classes of ${label}: ${classes.length > 10 ? classes.length : classes.join(", ")}`,
    `  numbers: ${numbers.join(", ") || "none"}`,
    `  choices: ${choices.join(", ") || "none"}`,
  ].join("\n");
}
