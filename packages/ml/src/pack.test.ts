import { expect, test } from "vitest";
import type { Layer } from "./network.ts";
import { packSize, stacked, unstacked } from "./pack.ts";

const dense = (units: number): Layer => ({ kind: "dense", units, activation: "linear" });

test("weights come back from a pack as they went in, also where one input makes a kernel look like a bias", () => {
  const model = (first: number) => ({
    kernel: { shape: [1, 2], data: Float32Array.of(first, first + 1) },
    bias: { shape: [2], data: Float32Array.of(first + 2, first + 3) },
  });
  const models = [model(0), model(10), model(20)];
  const pack = stacked(models);
  expect(Object.values(pack).map(({ shape }) => shape)).toEqual([
    [3, 1, 2],
    [3, 1, 2],
  ]);
  expect(unstacked(pack, models)).toEqual(models);
});

test.each([
  { layers: [dense(32), dense(2)], inputShape: [10], engine: { packs: true }, most: 16 },
  { layers: [dense(128), dense(10)], inputShape: [100], engine: { packs: true }, most: 4 },
  { layers: [dense(128), dense(100)], inputShape: [600], engine: { packs: true }, most: 1 },
  { layers: [dense(32), dense(2)], inputShape: [10], engine: { packs: false }, most: 1 },
  {
    layers: [{ kind: "max-pool", size: 2 }, { kind: "flatten" }, dense(2)] satisfies Layer[],
    inputShape: [2, 2, 1],
    engine: { packs: true },
    most: 1,
  },
])(
  "small dense models are packed, where bits do not depend on it: $inputShape on $engine: $most",
  ({ engine, most, ...recipe }) => {
    expect(packSize(engine, recipe)).toBe(most);
  },
);
