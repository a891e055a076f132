import { InvalidInput } from "@shadowfarm/core/errors";
import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { clusterBits } from "./k-means.ts";

/** Records around `clusters` random prototypes: those of cluster c are c, c + clusters, …; a bit is flipped with a chance. */
function blobs(seed: number, records: number, width: number, clusters: number, flipped: number): Uint8Array {
  const rng = createRng(seed);
  const prototypes = Uint8Array.from({ length: clusters * width }, () => rng.int(2));
  return Uint8Array.from({ length: records * width }, (_, at) => {
    const cluster = Math.floor(at / width) % clusters;
    const bit = prototypes[cluster * width + (at % width)] as number;
    return rng.uniform() < flipped ? 1 - bit : bit;
  });
}

const find = (bits: Uint8Array, width: number, clusters: number, seed: string | number = 1) =>
  clusterBits(bits, width, clusters, createRng(seed), "file");

/** Means of the records of each cluster, records × width; null for a cluster without records. */
function meansOf(bits: Uint8Array, width: number, labels: Int32Array, clusters: number): (Float64Array | null)[] {
  return Array.from({ length: clusters }, (_, cluster) => {
    const mean = new Float64Array(width);
    let size = 0;
    labels.forEach((label, record) => {
      if (label !== cluster) return;
      size++;
      for (let at = 0; at < width; at++) mean[at] = (mean[at] as number) + (bits[record * width + at] as number);
    });
    return size === 0 ? null : mean.map((sum) => sum / size);
  });
}

const distanceTo = (mean: Float64Array, record: Uint8Array) =>
  Math.hypot(...mean.map((value, at) => value - (record[at] as number)));

test("clear clusters are found, up to their names", () => {
  const labels = find(blobs(1, 300, 200, 10, 0.002), 200, 10);
  expect(new Set(labels).size).toBe(10);
  for (let record = 10; record < 300; record++) expect(labels[record]).toBe(labels[record % 10]);
});

test("one stream gives the same clusters always, another its own", () => {
  const bits = blobs(2, 200, 60, 8, 0.4);
  expect(find(bits, 60, 8)).toEqual(find(bits.slice(), 60, 8));
  expect(find(bits, 60, 8, 2)).not.toEqual(find(bits, 60, 8, 1));
});

test("in the end every record is nearest to the mean of its own cluster, however unclear the clusters", () => {
  for (const [seed, clusters, flipped] of [
    [1, 2, 0.5],
    [2, 5, 0.5],
    [3, 20, 0.3],
    [4, 7, 0.45],
  ] as const) {
    const width = 31;
    const bits = blobs(seed, 150, width, clusters, flipped);
    const labels = find(bits, width, clusters, seed);
    expect(labels).toHaveLength(150);
    const means = meansOf(bits, width, labels, clusters);
    labels.forEach((label, record) => {
      const values = bits.subarray(record * width, (record + 1) * width);
      const distances = means.map((mean) => (mean === null ? Number.POSITIVE_INFINITY : distanceTo(mean, values)));
      expect(distances[label]).toBeLessThanOrEqual(Math.min(...distances) + 1e-5);
    });
  }
});

test("records without a one, and equal records, are records like others", () => {
  const labels = find(Uint8Array.of(0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0), 3, 2);
  expect([labels[0], labels[2], labels[4]]).toEqual([labels[4], labels[4], labels[0]]);
  expect(labels[1]).toBe(labels[3]);
  expect(labels[1]).not.toBe(labels[0]);
});

test("as many clusters as different records give one to each", () => {
  const bits = Uint8Array.of(0, 0, 0, 1, 1, 0, 1, 1, 0, 1);
  const labels = find(bits, 2, 4);
  expect(new Set(labels.subarray(0, 4)).size).toBe(4);
  expect(labels[4]).toBe(labels[1]);
});

test.each([
  [5, 4],
  [4, 3],
  [2, 1],
])("%i clusters of %i different records are refused", (clusters, different) => {
  const bits = Uint8Array.from({ length: 24 }, (_, at) => ((Math.floor(at / 2) % different) >> (at % 2)) & 1);
  expect(() => find(bits, 2, clusters)).toThrow(InvalidInput);
  expect(() => find(bits, 2, clusters)).toThrow(
    `file: only ${different} different records, too few for ${clusters} classes`,
  );
});
