import type { InputInfo } from "@shadowfarm/core/catalog";
import { sizeOf } from "@shadowfarm/engine/arrays";
import { fillNormal, fillUniform, type Noise, noiseFrom } from "@shadowfarm/engine/noise";
import { z } from "zod";
import { inFixedBatches, labelsOf } from "../ask-labels.ts";
import { defineProbe } from "../unit.ts";

/** Name of the array with the share that was known after so many queries. */
export const shareAt = (queries: number): string => `right@${queries}`;

/** Rows that are made at once. */
const BLOCK = 1024;

/**
 * Of noisy copies of each record, the share that the model still classifies rightly, by labels alone. Images get normal
 * noise on every value, cut off at the range; of binary records every bit is flipped with one probability.
 * Choquette-Choo et al. 2021, §3.4.
 *
 * The arrays `right@QUERIES` hold the share among the first so many copies.
 */
export const noisyCopies = defineProbe({
  name: "noisy-copies",
  version: 1,
  params: z.strictObject({
    amount: z.number().gt(0).max(1).describe("standard deviation as a share of the range; of bits, the flipped share"),
  }),
  accepts: ["image", "binary"],
  async run(model, { features, labels }, { amount }, { checkpoints, rng, signal }) {
    const { input } = model;
    const width = sizeOf(input.shape);
    const ask = inFixedBatches(labelsOf(model), width);
    const copies = checkpoints.at(-1) ?? 0;
    const arrays: Record<string, Float32Array> = Object.fromEntries(
      checkpoints.map((most) => [shareAt(most), new Float32Array(labels.length)]),
    );
    const draw = drawerOf(input, amount);
    const rows = new Float32Array(Math.min(BLOCK, copies) * width);
    for (let record = 0; record < labels.length; record++) {
      const noise = noiseFrom(rng.child(record));
      const own = features.subarray(record * width, (record + 1) * width);
      let right = 0;
      for (let done = 0; done < copies; ) {
        signal?.throwIfAborted();
        const count = Math.min(BLOCK, copies - done);
        for (let row = 0; row < count; row++) draw(noise, own, rows.subarray(row * width, (row + 1) * width));
        for (const label of await ask(rows.subarray(0, count * width))) {
          if (label === labels[record]) right++;
          done++;
          const known = arrays[shareAt(done)];
          if (known) known[record] = right / done;
        }
      }
    }
    return { arrays, queries: new Uint32Array(labels.length).fill(copies) };
  },
});

/** Writes a noisy copy of a record. */
type Draw = (noise: Noise, own: Float32Array, copy: Float32Array) => void;

function drawerOf({ kind, low, high }: InputInfo, amount: number): Draw {
  if (kind === "binary") {
    return (noise, own, copy) => {
      fillUniform(noise, copy, 0, copy.length);
      for (let at = 0; at < copy.length; at++) {
        const value = own[at] as number;
        copy[at] = (copy[at] as number) + 1 < 2 * amount ? low + high - value : value;
      }
    };
  }
  const deviation = amount * (high - low);
  return (noise, own, copy) => {
    fillNormal(noise, copy, 0, copy.length);
    for (let at = 0; at < copy.length; at++) {
      copy[at] = Math.max(low, Math.min(high, (own[at] as number) + deviation * (copy[at] as number)));
    }
  };
}
