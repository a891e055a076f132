import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type ResultColumns, resultColumns } from "@shadowfarm/store/result-columns";
import type { RowFilter } from "@shadowfarm/store/result-filter";
import type { Response } from "express";
import { z } from "zod";
import { csvCell } from "./csv.ts";
import { exportColumns } from "./export-columns.ts";
import { ApiProblem } from "./problem.ts";
import { filterOf, type filterShape } from "./result-query.ts";
import { type Route, route } from "./route.ts";

// It runs from source, as this process does.
const LOADER = import.meta.resolve("tsx");
const PROCESS = new URL("./parquet-process.ts", import.meta.url);
/** Rows that are made into text at a time: the event loop is held no longer. */
const CHUNK = 1_000;
/** Each holds connections and memory of its own. */
const MOST_AT_A_TIME = 4;

/** Writes a part, and waits while the client has not read what was written before. */
async function send(response: Response, part: string | Uint8Array): Promise<void> {
  if (response.write(part) || response.destroyed) return;
  await Promise.race([once(response, "drain"), once(response, "close")]);
}

/** Where the results are, and which of them. */
interface Chosen {
  url: string;
  filter: RowFilter;
}

async function sendCsv({ url, filter }: Chosen, response: Response): Promise<void> {
  await send(response, `${exportColumns.map(({ name }) => name).join(",")}\n`);
  for await (const chunk of resultColumns(url, filter, CHUNK)) {
    const columns = columnsIn(chunk);
    const lines = rowsIn(chunk, (row) => columns.map((values) => csvCell(values[row])).join(","));
    await send(response, `${lines.join("\n")}\n`);
    if (response.destroyed) return;
  }
}

async function sendJsonLines({ url, filter }: Chosen, response: Response): Promise<void> {
  const starts = exportColumns.map(({ name }, at) => `${at === 0 ? "{" : ","}${JSON.stringify(name)}:`);
  for await (const chunk of resultColumns(url, filter, CHUNK)) {
    const columns = columnsIn(chunk);
    const lines = rowsIn(chunk, (row) => {
      const members = columns.map((values, at) => {
        const value = values[row];
        return `${starts[at]}${exportColumns[at]?.kind === "json" ? value : JSON.stringify(value)}`;
      });
      return `${members.join("")}}`;
    });
    await send(response, `${lines.join("\n")}\n`);
    if (response.destroyed) return;
  }
}

/** By the order of `exportColumns`. */
function columnsIn({ columns }: ResultColumns): unknown[][] {
  return exportColumns.map(({ name }) => columns.get(name) as unknown[]);
}

function rowsIn<T>({ rows }: ResultColumns, each: (row: number) => T): T[] {
  return Array.from({ length: rows }, (_, row) => each(row));
}

/** What the process prints before it fails, the end of it. */
const MOST_SAID = 2_000;

/** Made in a process of its own, since packing a million results holds an event loop for seconds. */
async function sendParquet(chosen: Chosen, response: Response): Promise<void> {
  const child = spawn(process.execPath, ["--import", LOADER, fileURLToPath(PROCESS)], { stdio: "pipe" });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  let said = "";
  child.stderr.on("data", (text: Buffer) => {
    said = `${said}${text}`.slice(-MOST_SAID);
  });
  // By its input: arguments are listed by `ps`, and the address holds a password.
  child.stdin.on("error", () => {}).end(JSON.stringify(chosen));
  try {
    for await (const part of child.stdout) {
      await send(response, part as Buffer);
      if (response.destroyed) return;
    }
    const code = await ended;
    if (code !== 0) throw new Error(`the export ended with ${code}: ${said}`);
  } finally {
    child.kill();
    await ended;
  }
}

const formats = {
  csv: { title: "CSV", mediaType: "text/csv; charset=utf-8", write: sendCsv },
  jsonl: { title: "JSON Lines", mediaType: "application/jsonl; charset=utf-8", write: sendJsonLines },
  parquet: { title: "Parquet", mediaType: "application/vnd.apache.parquet", write: sendParquet },
} as const;

/**
 * `GET /results.csv`, `.jsonl` and `.parquet`: every result that is chosen, oldest first and as of one moment, never all of them in
 * memory.
 */
export function exportRoutes(filters: ReturnType<typeof filterShape>): Route[] {
  let underWay = 0;
  return Object.entries(formats).map(([extension, { title, mediaType, write }]) =>
    route({
      method: "get",
      path: `/results.${extension}`,
      role: "reader",
      tag: "results",
      summary: `Every result that is chosen, as ${title}`,
      query: z.strictObject(filters),
      answer: { mediaType, describe: `columns ${exportColumns.map(({ name }) => name).join(", ")}` },
      async handle({ query, response, resources: { store } }) {
        if (underWay >= MOST_AT_A_TIME) {
          throw new ApiProblem("too-many-requests", `${underWay} exports are under way; wait until one is done`);
        }
        underWay++;
        try {
          response.writeHead(200, {
            "content-type": mediaType,
            "content-disposition": `attachment; filename="results.${extension}"`,
            "cache-control": "no-store",
          });
          await write({ url: store.url, filter: filterOf(query) }, response);
          response.end();
        } finally {
          underWay--;
        }
        return undefined;
      },
    }),
  );
}
