import { readFile } from "node:fs/promises";
import path from "node:path";

/** What the documentation says of units, by `attack lira`. */
export type Definitions = ReadonlyMap<string, readonly { name: string; text: string }[]>;

/** The first table of each whose first column is this one's title. */
const tables = [
  { kind: "attack", file: "attacks.md" },
  { kind: "defense", file: "defenses.md" },
  { kind: "dataset", file: "datasets.md" },
] as const;
/** Columns that units bring themselves. */
const known: readonly string[] = ["paper"];

/** Reads what defines the units out of the documentation's tables, so that it is written once. */
export async function definitionsIn(folder: string): Promise<Definitions> {
  const definitions = new Map<string, { name: string; text: string }[]>();
  for (const { kind, file } of tables) {
    // An installation without its documentation has the papers still.
    const text = await readFile(path.join(folder, file), "utf8").catch(() => "");
    const [titles, ...rows] = tableUnder(kind, text);
    for (const [units = "", ...cells] of rows) {
      const said = cells
        .map((cell, at) => ({ name: titles?.[at + 1] ?? "", text: cell }))
        .filter((part) => part.text !== "" && part.text !== "–" && !known.includes(part.name));
      for (const name of namesIn(units)) definitions.set(`${kind} ${name}`, said);
    }
  }
  return definitions;
}

function tableUnder(title: string, text: string): string[][] {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.startsWith(`| ${title} |`));
  if (first < 0) return [];
  const end = lines.findIndex((line, at) => at > first && !line.startsWith("|"));
  const cells = (line: string) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
  return lines
    .slice(first, end < 0 ? undefined : end)
    .filter((line) => !/^[|\s:-]+$/.test(line))
    .map(cells);
}

/** `` `attack-p`, `attack-r` `` are two; `` `purchase2` … `purchase100` `` are the first and the last of some. */
function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);
}
