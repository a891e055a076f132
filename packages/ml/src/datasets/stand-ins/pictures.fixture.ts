import { createRng, type Rng } from "@shadowfarm/core/rng";
import type { Records } from "../../unit.ts";

/** What the tests of the stand-ins look at: bytes of pictures, counts of labels. */
export function look(synthesize: (rng: Rng, records: number) => Records, records: number, path = "test") {
  const { features, labels, groups } = synthesize(createRng(path), records);
  if (!(features instanceof Uint8Array)) throw new TypeError("the pictures are not bytes");
  const counts: number[] = [];
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  const used = new Uint8Array(256);
  for (const level of features) used[level] = 1;
  return {
    bytes: Buffer.concat([features, new Uint8Array(labels.buffer)]),
    pixels: features.length / records,
    labels,
    groups,
    /** Records of each class. */
    counts,
    levels: {
      lowest: used.indexOf(1),
      highest: used.lastIndexOf(1),
      distinct: used.reduce((sum, one) => sum + one, 0),
    },
    /** Least classes in a tenth of the records: few, if the records were in the order of their classes. */
    leastClasses: Math.min(...tenths(labels).map((tenth) => new Set(tenth).size)),
  };
}

function tenths(labels: Int32Array): Int32Array[] {
  const length = Math.floor(labels.length / 10);
  return Array.from({ length: 10 }, (_, at) => labels.subarray(at * length, (at + 1) * length));
}
