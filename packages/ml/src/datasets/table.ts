import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Column } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import { canonicalJson } from "@shadowfarm/core/fingerprint";
import { problemsOf } from "@shadowfarm/core/validation";
import { z } from "zod";
import { type Dataset, defineDataset, type Records } from "../unit.ts";
import { chunksOf, digestOf, firstFile, sha256Of } from "./formats/files.ts";
import { cellsOf, numberOf } from "./formats/table-rows.ts";

/** Names of the two files in an imported table's folder. */
export const TABLE_FILES = { csv: "table.csv", manifest: "table.json" } as const;

export const tableNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "use 1 to 40 lower-case letters, digits and dashes, a letter or digit first");

const columnSchema = z.union([
  z.strictObject({ name: z.string(), low: z.number(), high: z.number() }),
  z.strictObject({ name: z.string(), choices: z.array(z.string()).min(1).readonly() }),
]);

const manifestSchema = z.strictObject({
  format: z.literal(1),
  name: tableNameSchema,
  label: z.string().describe("the column that is to be predicted"),
  classes: z.array(z.string()).min(2).readonly(),
  columns: z.array(columnSchema).min(1).readonly().describe("all others: numbers first, then those with choices"),
  records: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  importedFrom: z.string().describe("base name of the file"),
});

/** All that is known of an imported table but its rows. */
export type TableManifest = z.infer<typeof manifestSchema>;

/**
 * A lab's own table as a dataset: columns of numbers as they are, each column of choices as one feature a choice (1 or 0);
 * the classes are the values of the label column, in order. A model's owner standardizes the numbers.
 */
export function tableDataset(manifest: TableManifest): Dataset {
  const { name, label, classes, columns, records, sha256, importedFrom } = manifest;
  const numbers = columns.filter((column) => !("choices" in column)).length;
  return defineDataset({
    name,
    title: `Imported table ${importedFrom}, column ${label}`,
    paper: "imported table",
    version: 1,
    params: z.strictObject({}),
    kind: "tabular",
    classes: classes.length,
    records,
    licence: "the lab's own",
    downloads: [],
    manifest,
    input: () => ({ kind: "tabular", shape: [widthOf(columns)], low: 0, high: 1, columns }),
    encoding: () => (numbers === 0 ? { kind: "none" } : { kind: "standardize", features: numbers, leastDeviation: 0 }),
    async locate(folders) {
      for (const folder of folders) {
        const file = await firstFile(join(folder, name), [TABLE_FILES.csv]);
        if (file !== null) return { files: [file], origin: `imported table ${importedFrom}` };
      }
      return null;
    },
    async inspect({ files: [file = ""] }) {
      const { sha256: found } = await digestOf(chunksOf(file));
      if (found !== sha256) {
        throw new InvalidInput(`${file} was altered since it was imported (SHA-256 ${found}); import it again`);
      }
      // The same file with another label or other choices is other data.
      return { records, checksum: sha256Of(canonicalJson({ sha256, label, classes, columns })), largestGroup: 1 };
    },
    load: ({ files: [file = ""] }) => loadRows(manifest, file),
    synthesize() {
      throw new InvalidInput(`${name} is an imported table, which has no stand-in; take data: real`);
    },
  });
}

/** Features that columns take. */
export function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + ("choices" in column ? column.choices.length : 1), 0);
}

/**
 * The tables that were imported into these folders, by name; of two of one name that of the first folder.
 *
 * @throws {InvalidInput} naming a manifest that is none.
 */
export async function importedTables(folders: readonly string[]): Promise<Record<string, Dataset>> {
  const tables: Record<string, Dataset> = {};
  for (const folder of folders) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const { name } of entries.filter((entry) => entry.isDirectory())) {
      const file = await firstFile(join(folder, name), [TABLE_FILES.manifest]);
      if (file === null || Object.hasOwn(tables, name)) continue;
      const manifest = await readManifest(file);
      if (manifest.name !== name) {
        throw new InvalidInput(`${file} names the table "${manifest.name}", but lies in ${name}; import it again`);
      }
      tables[name] = tableDataset(manifest);
    }
  }
  return tables;
}

async function readManifest(file: string): Promise<TableManifest> {
  const text = await readFile(file, "utf8");
  try {
    return parseManifest(JSON.parse(text), file);
  } catch (error) {
    if (error instanceof SyntaxError) throw new InvalidInput(`${file} is not JSON; import the table again`);
    throw error;
  }
}

/** @throws {InvalidInput} naming `place`, for JSON that is no manifest. */
export function parseManifest(content: unknown, place = "the manifest of an imported table"): TableManifest {
  const parsed = manifestSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error, content).map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new InvalidInput(problems.map((problem) => `${place}: ${problem}; import the table again`));
}

async function loadRows({ label, classes, columns, records }: TableManifest, file: string): Promise<Records> {
  const width = widthOf(columns);
  const features = new Float32Array(records * width);
  const labels = new Int32Array(records);
  const classOf = new Map(classes.map((name, at) => [name, at]));
  let record = 0;
  for await (const { row, cellOf } of cellsOf(file)) {
    const found = classOf.get(cellOf(label));
    if (found === undefined || record >= records) {
      throw new InvalidInput(`${file}, row ${row}: not a row that was imported; import the table again`);
    }
    labels[record] = found;
    let at = record * width;
    for (const column of columns) {
      const value = cellOf(column.name);
      if ("choices" in column) {
        const choice = column.choices.indexOf(value);
        if (choice < 0) {
          throw new InvalidInput(
            `${file}, row ${row}, column ${column.name}: "${value}" is not one of its choices; import the table again`,
          );
        }
        features[at + choice] = 1;
        at += column.choices.length;
      } else features[at++] = numberOf(value) ?? Number.NaN;
    }
    record++;
  }
  if (record !== records) throw new InvalidInput(`${file} has ${record} rows, not ${records}; import it again`);
  return { features, labels };
}
