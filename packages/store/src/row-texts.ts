import { measures } from "@shadowfarm/core/dimensions";
import { cellsBelow, type ResultMemory } from "./result-memory.ts";

/** A row of `ResultRow`. */
export interface RowPlace {
  id: number;
  experimentId: string;
}

/** Cells with their results as lists show them, as JSON in UTF-8. */
export interface RowTexts {
  /** Null where a memory has no such cell. */
  of(memory: ResultMemory, row: RowPlace): Buffer | null;
}

/** Bytes that are kept: some fifty thousand rows. */
const MOST = 64 * 2 ** 20;

/**
 * What has an id never changes, so that a text is written once for all the lists that it is in; as bytes, which are put together in a
 * quarter of the time that strings take.
 */
export function keepRowTexts(): RowTexts {
  // What was not asked for while the newer half filled up is dropped with the older.
  let newer = new Map<number, Buffer>();
  let older = new Map<number, Buffer>();
  let size = 0;
  const keep = (id: number, text: Buffer) => {
    if (size > MOST / 2) {
      older = newer;
      newer = new Map();
      size = 0;
    }
    newer.set(id, text);
    size += text.length;
  };
  return {
    of(memory, row) {
      const known = newer.get(row.id);
      if (known !== undefined) return known;
      const text = older.get(row.id) ?? write(memory, row);
      if (text !== null) keep(row.id, text);
      return text;
    },
  };
}

/** What comes before each measure. */
const names = measures.map((measure, at) => `${at > 0 ? "," : ""}"${measure}":`);

function write(memory: ResultMemory, { id, experimentId }: RowPlace): Buffer | null {
  const cells = memory.experiments.get(experimentId);
  const cell = cells ? cellsBelow(cells, id) : 0;
  if (cells?.ids[cell] !== id) return null;
  const result = cells.results[cell] as number;
  const { engine, machine, version } = memory.own;
  const parts = [
    `{"id":${id},"experiment":${JSON.stringify(cells.experiment)},"experimentId":${JSON.stringify(experimentId)}`,
    `,"repeat":${cells.repeats[cell]},"jobKey":"${memory.jobKeys[result]}",${memory.settingJson(result)}`,
    `,"engine":${engine.jsonAt(result)},"machine":${machine.jsonAt(result)},"version":${version.jsonAt(result)}`,
    `,"createdAt":"${new Date(memory.createdAt[result] as number).toISOString()}"`,
    `,"noSignal":${memory.loops.noSignal[result] === 1},"computeSeconds":${numberText(memory.measure("computeSeconds")[result])}`,
    `,"metrics":{`,
  ];
  for (let at = 0; at < names.length; at++) parts.push(names[at] + numberText(memory.values[at]?.[result]));
  parts.push("}}");
  // Joined: a text that is added up piece by piece stays in pieces, and takes three times as long.
  return Buffer.from(parts.join(""));
}

/** JSON has no number for what was not measured, or has no end. */
function numberText(value: number | undefined): string {
  return Number.isFinite(value) ? String(value) : "null";
}
