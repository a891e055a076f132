import type { InputInfo } from "@shadowfarm/core/catalog";
import { createRng } from "@shadowfarm/core/rng";
import { openEngine } from "@shadowfarm/engine/backends";
import { expect, test } from "vitest";
import type { ProbedModel } from "../unit.ts";
import { smoothing } from "./smoothing.ts";

const engine = await openEngine("onnx");
const input: InputInfo = { kind: "image", shape: [4, 4, 1], low: 0, high: 1 };

/** Tells two classes by whether a record's mean is above one half of the range; every so many-th answer is a third class. */
function aModel(input: InputInfo, every = Number.POSITIVE_INFINITY): ProbedModel {
  let asked = 0;
  return {
    ...{ input, classes: 3, network: null },
    async ask(rows) {
      return Float32Array.from({ length: (rows.length / 16) * 3 }, (_, at) => {
        const own = rows.subarray(Math.floor(at / 3) * 16, (Math.floor(at / 3) + 1) * 16);
        const mean = own.reduce((sum, value) => sum + value, 0) / 16;
        if (at % 3 === 0) asked++;
        const label = asked % every === 0 ? 2 : mean > (input.low + input.high) / 2 ? 1 : 0;
        return label === at % 3 ? 1 : 0;
      });
    },
  };
}

async function radii(model: ProbedModel, values: number[], labels: number[], params: object = {}, seed = 1) {
  const features = Float32Array.from({ length: values.length * 16 }, (_, at) => values[Math.floor(at / 16)] as number);
  const context = { checkpoints: [], rng: createRng(seed), engine };
  const { arrays, queries } = await smoothing.run(
    model,
    { features, labels: Int32Array.from(labels) },
    smoothing.params.parse(params),
    context,
  );
  return { radius: arrays.radius as Float32Array, queries };
}

test("of a half-space it is nearly the distance to its plane, from below", async () => {
  // Along the diagonal of 16 dimensions.
  const values = [0.55, 0.6, 0.4, 0.65];
  const { radius } = await radii(aModel(input), values, [1, 1, 0, 1], { samples: 20_000 });
  for (const [record, value] of values.entries()) {
    const distance = 4 * Math.abs(value - 0.5);
    expect(radius[record]).toBeLessThan(distance);
    expect(radius[record]).toBeGreaterThan(0.9 * distance);
  }
});

test("the bound is the published one: σ · Φ⁻¹(α^(1 / n)) when all copies agree", async () => {
  const { radius } = await radii(aModel(input), [2], [1]);
  expect(radius[0]).toBeCloseTo(0.6158156536952025, 6);
  expect((await radii(aModel(input), [2], [1], { alpha: 0.05, samples: 100 })).radius[0]).toBeCloseTo(
    0.4719997229644341,
    6,
  );
});

test("copies of another class make it smaller, as many as the record's are no certificate", async () => {
  const [all, most] = [aModel(input), aModel(input, 10)];
  const radiusOf = async (model: ProbedModel) => (await radii(model, [0.8], [1])).radius[0] as number;
  expect(await radiusOf(most)).toBeGreaterThan(0.2);
  expect(await radiusOf(most)).toBeLessThan(0.9 * (await radiusOf(all)));
  // On the plane both classes have half of the copies.
  expect((await radii(all, [0.5, 0.5], [0, 1])).radius).toEqual(new Float32Array(2));
});

test("a certificate of another class is none for the record", async () => {
  expect((await radii(aModel(input), [0.9], [0])).radius[0]).toBe(0);
});

test("noise is a share of the range, and the radius in plain values", async () => {
  const wide: InputInfo = { ...input, low: -2, high: 2 };
  const [own, other] = [await radii(aModel(input), [0.6], [1]), await radii(aModel(wide), [0.4], [1])];
  expect(other.radius[0]).toBeCloseTo(4 * (own.radius[0] as number), 5);
});

test("every copy is a query; the same seed finds the same", async () => {
  const params = { selection: 7, samples: 30 };
  const { radius, queries } = await radii(aModel(input), [0.6, 0.55], [1, 1], params);
  expect([...queries]).toEqual([37, 37]);
  expect((await radii(aModel(input), [0.6, 0.55], [1, 1], params)).radius).toEqual(radius);
});
