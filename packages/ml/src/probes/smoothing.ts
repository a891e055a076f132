import { clopperPearson } from "@shadowfarm/core/intervals";
import { normalQuantile } from "@shadowfarm/core/normal";
import { sizeOf } from "@shadowfarm/engine/arrays";
import { fillNormal, type Noise, noiseFrom } from "@shadowfarm/engine/noise";
import { z } from "zod";
import { type AskLabels, inFixedBatches, labelsOf } from "../ask-labels.ts";
import { defineProbe } from "../unit.ts";

/** Rows that are made at once. */
const BLOCK = 1024;

/**
 * Randomized smoothing, by labels alone: the class that the model gives most noisy copies of a record is the smoothed model's, as
 * is sure, but for the probability `alpha`, of all points that are nearer than the certified radius. Cohen et al. 2019, §3.2,
 * Certify. As there, noise is not cut off at the input's range.
 *
 * The array `radius` holds the L2 radius in plain values: 0 where the certificate abstains, and where it is of another class than
 * the record's. It is σ · Φ⁻¹ of a lower bound of the class's share, hence at most σ · Φ⁻¹(α^(1 / samples)): 0.62 by default, 0.95
 * with the published 100,000 samples.
 */
export const smoothing = defineProbe({
  name: "smoothing",
  version: 1,
  params: z.strictObject({
    sigma: z
      .number()
      .gt(0)
      .max(10)
      .default(0.25)
      .describe("σ: standard deviation of the noise, as a share of the input's range"),
    selection: z.int().min(1).max(100_000).default(100).describe("n0: copies by which the class is chosen"),
    samples: z
      .int()
      .min(10)
      .max(1_000_000)
      .default(1000)
      .describe("n: further copies by which its share is bounded; 100,000 as published"),
    alpha: z.number().gt(0).lt(0.5).default(0.001).describe("α: probability that a certificate is wrong"),
  }),
  accepts: ["image"],
  async run(model, { features, labels }, { sigma, selection, samples, alpha }, { rng, signal }) {
    const { input, classes } = model;
    const width = sizeOf(input.shape);
    const deviation = sigma * (input.high - input.low);
    const ask = inFixedBatches(labelsOf(model), width);
    const copies = selection + samples;
    const rows = new Float32Array(Math.min(BLOCK, copies) * width);
    const radiusAt = radii(samples, alpha);
    const radius = new Float32Array(labels.length);
    for (let record = 0; record < labels.length; record++) {
      signal?.throwIfAborted();
      const noise = noiseFrom(rng.child(record));
      const own = features.subarray(record * width, (record + 1) * width);
      const found = await labelsOfCopies(own, copies, { ask, noise, deviation, rows });
      const chosen = commonest(found.subarray(0, selection), classes);
      if (chosen !== labels[record]) continue;
      const count = found.subarray(selection).reduce((sum, label) => sum + (label === chosen ? 1 : 0), 0);
      radius[record] = deviation * radiusAt(count);
    }
    return { arrays: { radius }, queries: new Uint32Array(labels.length).fill(copies) };
  },
});

interface Copying {
  ask: AskLabels;
  noise: Noise;
  deviation: number;
  /** Room for so many rows at once. */
  rows: Float32Array;
}

async function labelsOfCopies(own: Float32Array, copies: number, copying: Copying): Promise<Int32Array> {
  const { ask, noise, deviation, rows } = copying;
  const width = own.length;
  const labels = new Int32Array(copies);
  for (let done = 0; done < copies; ) {
    const count = Math.min(rows.length / width, copies - done);
    fillNormal(noise, rows, 0, count * width);
    for (let at = 0; at < count * width; at++) {
      rows[at] = (own[at % width] as number) + deviation * (rows[at] as number);
    }
    labels.set(await ask(rows.subarray(0, count * width)), done);
    done += count;
  }
  return labels;
}

/** The first of equally common ones. */
function commonest(labels: Int32Array, classes: number): number {
  const counts = new Uint32Array(classes);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  return counts.indexOf(Math.max(...counts));
}

/** The certified radius, in standard deviations, by how many of the samples were of the class. */
function radii(samples: number, alpha: number): (count: number) => number {
  const known = new Map<number, number>();
  return (count) => {
    const radius = known.get(count) ?? radiusOf(count, samples, alpha);
    known.set(count, radius);
    return radius;
  };
}

function radiusOf(count: number, samples: number, alpha: number): number {
  // The share is to be bounded from below alone: of the two sides' probabilities, α is one.
  const [least] = clopperPearson(count, samples, 1 - 2 * alpha);
  return least > 0.5 ? normalQuantile(least) : 0;
}
