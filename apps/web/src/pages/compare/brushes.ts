import type { Brush, Brushes, ParallelRow } from "../../plots/parallel.ts";

/**
 * What the texts of an address look for along axes: `training.epochs~5~20` is a range, `dataset=adult` one of the names.
 * A name is all that follows the first sign, whatever is in it; a text that is neither looks for nothing.
 */
export function brushesIn(texts: readonly string[]): Brushes {
  const brushes = new Map<string, Brush>();
  for (const text of texts) {
    const [, dimension = "", sign, rest = ""] = /^([^~=]+)([~=])(.*)$/s.exec(text) ?? [];
    if (sign === "=") {
      const before = brushes.get(dimension);
      brushes.set(dimension, { names: [...(before && "names" in before ? before.names : []), rest] });
    } else if (sign === "~") {
      const ends = rest.split("~").map((end) => (end === "" ? Number.NaN : Number(end)));
      const [from, to] = [Math.min(...ends), Math.max(...ends)];
      if (ends.length === 2 && Number.isFinite(from) && Number.isFinite(to)) brushes.set(dimension, { from, to });
    }
  }
  return brushes;
}

/** The texts with what is looked for along one axis; null: whatever it has. */
export function withBrush(texts: readonly string[], dimension: string, brush: Brush | null): string[] {
  const others = texts.filter((text) => !text.startsWith(`${dimension}~`) && !text.startsWith(`${dimension}=`));
  if (brush === null) return others;
  if ("names" in brush) return [...others, ...brush.names.map((name) => `${dimension}=${name}`)];
  return [...others, `${dimension}~${brush.from}~${brush.to}`];
}

/** Whether a combination has on every axis what is looked for there; on an axis that is not drawn nothing is. */
export function isSought(values: ParallelRow["values"], brushes: Brushes): boolean {
  return [...brushes].every(([dimension, brush]) => {
    if (!Object.hasOwn(values, dimension)) return true;
    const value = values[dimension] ?? null;
    if ("names" in brush) return value !== null && brush.names.includes(String(value));
    return typeof value === "number" && value >= brush.from && value <= brush.to;
  });
}
