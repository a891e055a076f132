import type { InputInfo } from "@shadowfarm/core/catalog";
import type { Rng } from "@shadowfarm/core/rng";
import { sizeOf } from "@shadowfarm/engine/arrays";
import type { PlainRecords } from "./encoding.ts";
import { featuresOf, randomRow } from "./features.ts";
import type { TermCounts } from "./unit.ts";

/** Distinct terms of a random text, about as many as an average message has. */
const termsOfText = 100;

/**
 * Points that are certainly nobody's records: fair-coin bits for binary data, uniform values in the feature range for
 * images. Salem et al. 2019, §V-B. They leave Adult and News out; here each column of a table is uniform over its range
 * or its choices (as Shokri et al. 2017 begin their synthesis, §V-C), and a text is a hundred words of the data's
 * dictionary, all equally likely.
 *
 * @param distinct terms of the dictionary, for text
 * @returns count records before any owner's encoding
 */
export function randomPoints(input: InputInfo, distinct: number, count: number, rng: Rng): PlainRecords {
  if (input.kind === "text") return randomTexts(distinct, count, rng);
  const features = featuresOf(input);
  const width = sizeOf(input.shape);
  const values = new Float32Array(count * width);
  for (let row = 0; row < count; row++) randomRow(features, values.subarray(row * width, (row + 1) * width), rng);
  return values;
}

function randomTexts(distinct: number, count: number, rng: Rng): TermCounts {
  const length = Math.min(termsOfText, distinct);
  const terms = new Uint32Array(count * length);
  for (let text = 0; text < count; text++) {
    const drawn = new Set<number>();
    while (drawn.size < length) drawn.add(rng.int(distinct));
    terms.set(Uint32Array.from(drawn).sort(), text * length);
  }
  return {
    offsets: Uint32Array.from({ length: count + 1 }, (_, at) => at * length),
    terms,
    counts: new Uint32Array(terms.length).fill(1),
    distinct,
  };
}
