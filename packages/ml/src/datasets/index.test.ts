import { createRng } from "@shadowfarm/core/rng";
import { sizeOf } from "@shadowfarm/engine/arrays";
import { expect, test } from "vitest";
import { encode, fitEncoding, type PlainRecords, valuesOf } from "../encoding.ts";
import type { Dataset, Records } from "../unit.ts";
import { datasets } from "./index.ts";

const all = Object.entries<Dataset>(datasets).map(([name, dataset]) => ({ name, dataset }));

function bytesOf({ features, labels }: Records): Buffer {
  const arrays =
    features instanceof Uint8Array || features instanceof Float32Array
      ? [features]
      : [features.offsets, features.terms, features.counts];
  return Buffer.concat(
    [...arrays, labels].map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  );
}

function plain(dataset: Dataset, { features }: Records): PlainRecords {
  if (!(features instanceof Uint8Array || features instanceof Float32Array)) return features;
  return valuesOf(dataset.input(dataset.params.parse({})), features);
}

test.each(all)("$name goes by its name, and its official files have addresses or none at all", ({ name, dataset }) => {
  expect(dataset.name).toBe(name);
  expect(dataset.input(dataset.params.parse({})).kind).toBe(dataset.kind);
  for (const { file, urls, checksum, bytes } of dataset.downloads) {
    expect(file).toMatch(/^[\w.-]+$/);
    for (const url of urls) expect(new URL(url).protocol).toMatch(/^https?:$/);
    if (checksum) expect(checksum.hex).toMatch(checksum.algorithm === "sha256" ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{32}$/);
    expect(bytes).toBeGreaterThan(1000);
  }
});

test.each(all)(
  "$name: the stand-in has the shape, range and classes of the data, and follows from its seed",
  ({ dataset }) => {
    const input = dataset.input(dataset.params.parse({}));
    const { classes, kind } = dataset;
    // Fewer of the large pictures, for they take their time.
    const count = Math.max(sizeOf(input.shape) > 10_000 ? 0 : 300, 3 * classes);
    const records = dataset.synthesize(createRng(1), count);
    expect(records.labels.length).toBe(count);
    expect(dataset.records).toBeGreaterThan(count);
    const labels = new Set(records.labels);
    expect(labels.size).toBeGreaterThan(classes / 2);
    for (const label of labels) expect(label >= 0 && label < classes).toBe(true);

    const values = plain(dataset, records);
    if (values instanceof Float32Array) {
      expect(values.length).toBe(count * sizeOf(input.shape));
      if (kind !== "tabular") expect(values.every((value) => value >= input.low && value <= input.high)).toBe(true);
      if (kind === "binary") expect(values.every((value) => value === 0 || value === 1)).toBe(true);
    } else {
      expect(values.offsets.length).toBe(count + 1);
      expect(records.dictionary).toHaveLength(values.distinct);
    }
    const encoding = dataset.encoding(dataset.params.parse({}));
    const encoded = encode(fitEncoding(encoding, input, values), input, values);
    expect(encoded.length).toBe(count * sizeOf(input.shape));
    expect(encoded.every(Number.isFinite)).toBe(true);

    const again = dataset.synthesize(createRng(1), count);
    expect(bytesOf(again).equals(bytesOf(records))).toBe(true);
    expect(bytesOf(dataset.synthesize(createRng(2), count)).equals(bytesOf(records))).toBe(false);
  },
);

test.each(all.filter(({ dataset }) => dataset.syntheticGroup !== undefined))(
  "$name: the stand-in has groups no larger than the data's, each of one class",
  ({ dataset }) => {
    const { labels, groups } = dataset.synthesize(createRng(1), 4000);
    expect(groups).toHaveLength(4000);
    const sizes = new Map<number, number>();
    const classOf = new Map<number, number>();
    groups?.forEach((group, record) => {
      sizes.set(group, (sizes.get(group) ?? 0) + 1);
      expect(classOf.get(group) ?? labels[record]).toBe(labels[record]);
      classOf.set(group, labels[record] as number);
    });
    const largest = Math.max(...sizes.values());
    expect(largest > 1 && largest <= (dataset.syntheticGroup as number)).toBe(true);
  },
);
