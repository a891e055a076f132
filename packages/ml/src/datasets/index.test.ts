import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import type { Dataset } from "../unit.ts";
import { datasets } from "./index.ts";

const all = Object.values<Dataset>(datasets).map((dataset) => ({ name: dataset.name, dataset }));

test.each(all)(
  "$name: the stand-in has the shape, range and classes of the data, and follows from its seed",
  ({ dataset }) => {
    const { input, classes } = dataset;
    const records = 10 * classes;
    const { features, labels } = dataset.synthesize(createRng(1), records);
    expect(labels.length).toBe(records);
    expect(features.length).toBe(records * input.shape.reduce((product, size) => product * size, 1));
    expect(features.every((value) => value >= input.low && value <= input.high)).toBe(true);
    if (input.kind === "binary") expect(features.every((value) => value === 0 || value === 1)).toBe(true);
    expect([...new Set(labels)].sort((a, b) => a - b)).toEqual(Array.from({ length: classes }, (_, label) => label));
    expect(dataset.syntheticRecords).toBeGreaterThan(records);

    // Compared as bytes: vitest looks at typed arrays element by element.
    const bytes = (values: Float32Array) => Buffer.from(values.buffer);
    const again = dataset.synthesize(createRng(1), records);
    expect(bytes(again.features).equals(bytes(features))).toBe(true);
    expect(again.labels).toEqual(labels);
    expect(bytes(dataset.synthesize(createRng(2), records).features).equals(bytes(features))).toBe(false);
  },
);
