import { measures } from "@shadowfarm/core/dimensions";
import pg from "pg";
import { type ColumnKind, type Columns, readColumns } from "./copied-columns.ts";
import { copyOut } from "./copy-out.ts";
import { gather } from "./gather.ts";
import { Prisma } from "./generated/client.ts";
import type { Reader } from "./reader.ts";
import { measureColumns } from "./result-filter.ts";
import { type Cells, type OfResult, ResultMemory, type Setting } from "./result-memory.ts";
import { rowsVersion } from "./result-rows.ts";
import { settingsQuery } from "./settings.ts";

const { sql, raw, join } = Prisma;

/** All results of a farm in memory, as they are in the database. */
export interface KeptResults {
  /** Rises whenever results are added, made anew or gone; never older than the call. */
  version(): Promise<number>;
  /**
   * What a question finds in the results as they are at the last version that was told, or later. A turn of the event loop answers no
   * more than fit into some milliseconds, so that many do not keep everybody else waiting.
   */
  ask<T>(question: (memory: ResultMemory) => T): Promise<T>;
  /** As they were when somebody last asked. */
  latest(): ResultMemory;
  close(): Promise<void>;
}

type Column = readonly [name: string, kind: ColumnKind];

const cellColumns = [
  ["id", "id"],
  ["experimentId", "name"],
  ["experiment", "name"],
  ["repeat", "integer"],
  ["combination", "key"],
  ["jobKey", "key"],
] as const satisfies readonly Column[];

const resultColumns: readonly Column[] = [
  ...([
    ["engine", "name"],
    ["machine", "name"],
    ["version", "name"],
    ["noSignal", "boolean"],
    ["createdAt", "measure"],
  ] as const),
  ...measures.map((measure) => [measure, "measure"] as const),
];

/** Rows, or settings, that are read at a time. */
const BATCH = 5_000;
/** From so many missing rows on, an experiment is read whole. */
const MANY = 20_000;
/** To read all results of a large farm takes longer than questions may. */
const PATIENCE_MS = 900_000;
/** After so long, the questions that are left wait for the next turn of the event loop. */
const TURN_MS = 3;
/** When the connection for large reads is closed. */
const IDLE_MS = 60_000;

/** Keeps the results of a database in memory; each call reads what has changed since the last one. */
export function keepResults(url: string, reader: Reader): KeptResults {
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    idleTimeoutMillis: IDLE_MS,
    statement_timeout: PATIENCE_MS,
    application_name: `shadowfarm results ${process.pid}`,
    options: "-c default_transaction_read_only=on",
  });
  // One that breaks while nobody uses it is replaced the next time.
  pool.on("error", () => {});
  let memory = new ResultMemory();
  let versions: Versions = new Map();
  let [told, read] = [0, -1];

  /** Reads what has changed, all as of one moment. */
  const readOn = async (client: pg.ClientBase) => {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    // Meanwhile the memory before answers those who asked earlier.
    const anew = memory.mostIsGone();
    const next = anew ? new ResultMemory() : memory;
    const newest = await versionsOf(client);
    const changed = [...newest.keys()].filter((id) => anew || newest.get(id) !== versions.get(id));
    next.replace(await readCells(client, next, changed));
    [memory, versions] = [next, newest];
    read = [...newest.values()].reduce((sum, version) => sum + version, 0);
    await client.query("COMMIT");
  };
  // Once for all who ask while it is done for those before.
  const version = gather(async (asked: readonly null[]) => {
    told = await rowsVersion(reader);
    return asked.map(() => told);
  });
  const update = gather(async (asked: readonly null[]) => {
    if (read < told) {
      const client = await pool.connect();
      let failed = true;
      try {
        await readOn(client);
        failed = false;
      } finally {
        client.release(failed);
      }
    }
    return [...asked];
  });
  const waiting: (() => void)[] = [];
  const answerSome = () => {
    const until = performance.now() + TURN_MS;
    while (waiting.length > 0 && performance.now() < until) waiting.shift()?.();
    if (waiting.length > 0) setImmediate(answerSome);
  };
  return {
    version: () => version(null),
    async ask(question) {
      if (read < told) await update(null);
      return new Promise((resolve, reject) => {
        const answer = () => {
          try {
            resolve(question(memory));
          } catch (error) {
            reject(error);
          }
        };
        if (waiting.push(answer) === 1) setImmediate(answerSome);
      });
    },
    latest: () => memory,
    close: () => pool.end(),
  };
}

/** How often the rows of each experiment changed. */
type Versions = ReadonlyMap<string, number>;

async function versionsOf(client: pg.ClientBase): Promise<Versions> {
  const { rows } = await client.query<{ experimentId: string; version: string }>(
    `SELECT "experimentId", sum(changes)::text AS version FROM "ResultChange" GROUP BY 1`,
  );
  return new Map(rows.map((row) => [row.experimentId, Number(row.version)]));
}

/** The cells of some experiments as they are now, of which only those are read whose rows are not known: rows never change. */
async function readCells(client: pg.ClientBase, memory: ResultMemory, changed: readonly string[]): Promise<Cells[]> {
  const found = new Map(changed.map((id) => [id, new FoundCells(id)]));
  const known = changed.filter((id) => memory.experiments.has(id));
  const whole = changed.filter((id) => !memory.experiments.has(id));
  const missing: number[] = [];
  for (const [id, ids] of await idsOf(client, known)) {
    const unknown = found.get(id)?.takeKnown(memory.experiments.get(id) as Cells, ids) ?? [];
    if (unknown.length > MANY) whole.push(id);
    else for (const one of unknown) missing.push(one);
  }
  const which = sql`"experimentId" = ANY(${whole}::text[]) OR id = ANY(${missing}::bigint[])`;
  for (const id of whole) found.set(id, new FoundCells(id));
  if (whole.length + missing.length > 0) {
    // Every result has one marked row in a combination, read now or before; the other rows hold the same once more.
    const marked = sql`(${which}) AND once`;
    await learnSettings(client, memory, marked);
    await takeRows(client, marked, resultColumns, found, (row, own, at) => {
      const [engine, machine, version, noSignal, createdAt, ...numbers] = own as OwnColumns;
      return memory.put({ ...row, engine, machine, version, noSignal, createdAt, measures: numbers }, at);
    });
    await takeRows(client, sql`(${which}) AND NOT once`, [], found, (row, _, at) => memory.placeOf(row, at));
  }
  return [...found.values()].map((cells) => cells.inOrder());
}

/** The ids of each experiment's rows, ascending. */
async function idsOf(client: pg.ClientBase, experiments: readonly string[]): Promise<Map<string, number[]>> {
  const ids = new Map<string, number[]>(experiments.map((id) => [id, []]));
  if (experiments.length === 0) return ids;
  const rows = await copyOut(
    client,
    sql`SELECT "experimentId", id FROM "ResultRow" WHERE "experimentId" = ANY(${[...experiments]}::text[])
        ORDER BY "experimentId", id`,
  );
  for await (const { rows: count, values } of readColumns(rows, ["name", "id"], BATCH)) {
    const [experiment, id] = values as [string[], number[]];
    for (let row = 0; row < count; row++) ids.get(experiment[row] as string)?.push(id[row] as number);
  }
  return ids;
}

async function learnSettings(client: pg.ClientBase, memory: ResultMemory, which: Prisma.Sql): Promise<void> {
  const all = sql`SELECT DISTINCT combination::text FROM "ResultRow" WHERE ${which}`;
  const { rows } = await client.query<{ combination: string }>({ text: all.text, values: all.values });
  const unknown = memory.unknown(rows.map(({ combination }) => combination));
  for (let at = 0; at < unknown.length; at += BATCH) {
    const { text, values } = settingsQuery(unknown.slice(at, at + BATCH), "values");
    const settings = await client.query<{ combination: string } & Setting>({ text, values });
    for (const { combination, ...setting } of settings.rows) memory.learn(combination, setting);
  }
}

/**
 * Reads rows into the cells of their experiments.
 *
 * @param placeOf the place of a row's result in the memory, of the rows and more columns of a batch
 */
async function takeRows(
  client: pg.ClientBase,
  which: Prisma.Sql,
  more: readonly Column[],
  found: ReadonlyMap<string, FoundCells>,
  placeOf: (rows: OfResult, more: Columns["values"], row: number) => number,
): Promise<void> {
  const columns = [...cellColumns, ...more];
  const rows = await copyOut(client, sql`SELECT ${join(columns.map(columnOf))} FROM "ResultRow" WHERE ${which}`);
  const kinds = columns.map(([, kind]) => kind);
  for await (const { rows: count, values } of readColumns(rows, kinds, BATCH)) {
    const [id, experimentId, experiment, repeat, combination, jobKey, ...others] = values as CellColumns;
    for (let row = 0; row < count; row++) {
      const cells = found.get(experimentId[row] as string) as FoundCells;
      cells.experiment = experiment[row] as string;
      cells.add(id[row] as number, placeOf({ combination, jobKey }, others, row), repeat[row] as number);
    }
  }
}

type OwnColumns = [string[], string[], string[], boolean[], Float64Array, ...Float64Array[]];
type CellColumns = [number[], string[], string[], number[], string[], string[], ...Columns["values"]];

function columnOf([name, kind]: Column): Prisma.Sql {
  const column = raw(`"${measureColumns.get(name as never) ?? name}"`);
  if (kind === "key") return sql`${column}::text`;
  if (name === "createdAt") return sql`(extract(epoch FROM ${column}) * 1000)::float8`;
  return kind === "measure" ? sql`${column}::float8` : column;
}

/** Cells of an experiment while they are found, in any order. */
class FoundCells {
  experiment = "";
  private readonly experimentId: string;
  private readonly ids: number[] = [];
  private readonly results: number[] = [];
  private readonly repeats: number[] = [];

  constructor(experimentId: string) {
    this.experimentId = experimentId;
  }

  add(id: number, result: number, repeat: number): void {
    this.ids.push(id);
    this.results.push(result);
    this.repeats.push(repeat);
  }

  /** Takes those of some ascending ids that were there before; the others. */
  takeKnown(before: Cells, ids: readonly number[]): number[] {
    this.experiment = before.experiment;
    const others: number[] = [];
    let known = 0;
    for (const id of ids) {
      while ((before.ids[known] as number) < id) known++;
      if (before.ids[known] === id) this.add(id, before.results[known] as number, before.repeats[known] as number);
      else others.push(id);
    }
    return others;
  }

  inOrder(): Cells {
    const { experimentId, experiment, ids, results, repeats } = this;
    const order = Int32Array.from(ids.keys());
    // As they come they are in order for the most part.
    if (ids.some((id, at) => at > 0 && id < (ids[at - 1] as number))) {
      order.sort((one, other) => (ids[one] as number) - (ids[other] as number));
    }
    const cells = {
      ids: new Float64Array(order.length),
      results: new Int32Array(order.length),
      repeats: new Int32Array(order.length),
    };
    for (let at = 0; at < order.length; at++) {
      const from = order[at] as number;
      cells.ids[at] = ids[from] as number;
      cells.results[at] = results[from] as number;
      cells.repeats[at] = repeats[from] as number;
    }
    return { experimentId, experiment, ...cells };
  }
}
