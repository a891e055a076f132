import { once } from "node:events";
import { text } from "node:stream/consumers";
import { resultColumns } from "@shadowfarm/store/result-columns";
import type { RowFilter } from "@shadowfarm/store/result-filter";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { exportColumns } from "./export-columns.ts";

/** Rows of a group, which is held in memory as a whole. */
const GROUP_ROWS = 100_000;

const types = {
  text: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  json: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  integer: { type: "INT32" },
  number: { type: "DOUBLE" },
  boolean: { type: "BOOLEAN" },
} as const;

/** Different in every row, so that a dictionary would only be tried. */
const ALL_DIFFERENT: ReadonlySet<string> = new Set(["jobKey"]);

const schema = [
  { name: "results", num_children: exportColumns.length },
  ...exportColumns.map(({ name, kind }) => ({
    name,
    ...types[kind],
    repetition_type: kind === "number" ? ("OPTIONAL" as const) : ("REQUIRED" as const),
  })),
];

// Results as Parquet on the standard output: which, and where they are, comes by the standard input. One row group at a time, and the
// next when this one has been taken.
const { url, filter } = JSON.parse(await text(process.stdin)) as { url: string; filter: RowFilter };
const writer = new ByteWriter(16 * 2 ** 20);
// Texts repeat and are packed by their dictionaries; numbers hardly shrink, for several times the time.
const parquet = new ParquetWriter({ writer, schema, codec: "UNCOMPRESSED", createdBy: "shadowfarm" });

async function hand(): Promise<void> {
  const part = writer.getBytes().slice();
  writer.index = 0;
  if (!process.stdout.write(part)) await once(process.stdout, "drain");
}

for await (const { rows, columns } of resultColumns(url, filter, GROUP_ROWS)) {
  const columnData = exportColumns.map(({ name, kind }) => ({
    name,
    data: columns.get(name) as unknown[],
    ...((kind === "number" || ALL_DIFFERENT.has(name)) && { encoding: "PLAIN" as const }),
  }));
  await parquet.write({ columnData, rowGroupSize: rows });
  await hand();
}
await parquet.finish();
await hand();
