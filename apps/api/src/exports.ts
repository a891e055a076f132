import { once } from "node:events";
import { type Measure, measures } from "@shadowfarm/core/dimensions";
import { type ExportRow, everyRow } from "@shadowfarm/store/result-rows";
import type { Response } from "express";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { z } from "zod";
import { filterOf, type filterShape } from "./result-query.ts";
import { type Route, route } from "./route.ts";

type Kind = "text" | "json" | "integer" | "number" | "boolean";

/** The columns of an export, in order; those of a unit's parameters hold JSON. */
const columns: readonly { name: string; kind: Kind; of: (row: ExportRow) => unknown }[] = [
  ...(
    [
      ["jobKey", "text"],
      ["combination", "text"],
      ["experiment", "text"],
      ["experimentId", "text"],
      ["dataset", "text"],
      ["data", "text"],
      ["origin", "text"],
      ["datasetParams", "json"],
      ["records", "integer"],
      ["split", "text"],
      ["model", "text"],
      ["modelParams", "json"],
      ["training", "json"],
      ["attack", "text"],
      ["attackParams", "json"],
      ["attacker", "text"],
      ["defense", "text"],
      ["defenseParams", "json"],
      ["repeat", "integer"],
      ["engine", "text"],
      ["machine", "text"],
      ["version", "text"],
    ] as const
  ).map(([name, kind]) => ({ name, kind, of: (row: ExportRow) => row[name] as unknown })),
  { name: "createdAt", kind: "text", of: (row) => row.createdAt.toISOString() },
  { name: "noSignal", kind: "boolean", of: (row) => row.noSignal },
  ...measures.map((measure: Measure) => ({
    name: measure,
    kind: "number" as const,
    of: (row: ExportRow) => row.metrics[measure],
  })),
];

/** Writes a part, and waits while the client has not read what was written before. */
async function send(response: Response, part: string | Uint8Array): Promise<void> {
  if (response.write(part) || response.destroyed) return;
  await Promise.race([once(response, "drain"), once(response, "close")]);
}

type Rows = AsyncIterable<ExportRow[]>;

async function sendCsv(rows: Rows, response: Response): Promise<void> {
  await send(response, `${columns.map(({ name }) => name).join(",")}\n`);
  for await (const chunk of rows) {
    if (response.destroyed) return;
    await send(
      response,
      chunk.map((row) => `${columns.map((column) => csvCell(column.of(row))).join(",")}\n`).join(""),
    );
  }
}

async function sendJsonLines(rows: Rows, response: Response): Promise<void> {
  for await (const chunk of rows) {
    if (response.destroyed) return;
    const lines = chunk.map((row) =>
      JSON.stringify(
        Object.fromEntries(
          columns.map(({ name, kind, of }) => [name, kind === "json" ? JSON.parse(of(row) as string) : of(row)]),
        ),
      ),
    );
    await send(response, `${lines.join("\n")}\n`);
  }
}

/** One row group a chunk, sent as soon as it is written. */
async function sendParquet(rows: Rows, response: Response): Promise<void> {
  const writer = new ByteWriter();
  const types = {
    text: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
    json: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
    integer: { type: "INT32" },
    number: { type: "DOUBLE" },
    boolean: { type: "BOOLEAN" },
  } as const;
  const schema = [
    { name: "results", num_children: columns.length },
    ...columns.map(({ name, kind }) => ({
      name,
      ...types[kind],
      repetition_type: kind === "number" ? ("OPTIONAL" as const) : ("REQUIRED" as const),
    })),
  ];
  const parquet = new ParquetWriter({ writer, schema });
  const flush = async () => {
    const part = writer.getBytes().slice();
    writer.index = 0;
    await send(response, part);
  };
  for await (const chunk of rows) {
    if (response.destroyed) return;
    const columnData = columns.map((column) => ({
      name: column.name,
      data: chunk.map((row) => column.of(row)),
    }));
    await parquet.write({ columnData, rowGroupSize: chunk.length });
    await flush();
  }
  await parquet.finish();
  await flush();
}

/** Quoted where it must be; what a spreadsheet would take for a formula is made text by a quotation mark. */
function csvCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const formats = {
  csv: { mediaType: "text/csv; charset=utf-8", write: sendCsv, chunk: 2_000 },
  jsonl: { mediaType: "application/jsonl; charset=utf-8", write: sendJsonLines, chunk: 2_000 },
  parquet: { mediaType: "application/vnd.apache.parquet", write: sendParquet, chunk: 20_000 },
} as const;

/** `GET /results.csv`, `.jsonl` and `.parquet`: every result that is chosen, oldest first, never all of them in memory. */
export function exportRoutes(filters: ReturnType<typeof filterShape>): Route[] {
  return Object.entries(formats).map(([extension, { mediaType, write, chunk }]) =>
    route({
      method: "get",
      path: `/results.${extension}`,
      role: "reader",
      tag: "results",
      summary: `Every result that is chosen, as ${extension === "jsonl" ? "JSON Lines" : extension === "csv" ? "CSV" : "Parquet"}`,
      query: z.strictObject(filters),
      answer: { mediaType, describe: `columns ${columns.map(({ name }) => name).join(", ")}` },
      async handle({ query, response, resources: { reader } }) {
        response.writeHead(200, {
          "content-type": mediaType,
          "content-disposition": `attachment; filename="results.${extension}"`,
          "cache-control": "no-store",
        });
        await write(everyRow(reader, filterOf(query), chunk), response);
        response.end();
        return undefined;
      },
    }),
  );
}
