import { createRng } from "@shadowfarm/core/rng";
import { openEngine } from "@shadowfarm/engine/backends";
import { describe, expect, test } from "vitest";
import { bound, trainedUnder } from "../bound-defense.ts";
import type { Built, Defense } from "../defense.ts";
import { initialize, type Layer } from "../network.ts";
import { predictedClasses, query } from "../query.ts";
import { trainAsUsual } from "../school.ts";
import { memguard } from "./memguard.ts";
import { aSchool, rowsIn, somePosteriors, weightsOf } from "./school.fixture.ts";

const engine = await openEngine("onnx");
const classes = 5;

/** The defender's attack model, as one that calls those members whose largest probability is above 0.7. */
const guardLayers: Layer[] = [
  ...[256, 128, 64].map((units) => ({ kind: "dense", units, activation: "relu" }) as const),
  { kind: "dense", units: 2, activation: "linear" },
];
const guard = Object.fromEntries(
  Object.entries(initialize(guardLayers, [classes], 2, createRng(1))).map(([name, { shape, data }]) => {
    const values = data.fill(0);
    if (name === "dense4/kernel") values[1] = 20;
    else if (name === "dense4/bias") values[1] = -14;
    else if (name.endsWith("kernel")) values[0] = 1;
    return [name, { shape, data: values }];
  }),
);
const learnt = Object.fromEntries(Object.entries(guard).map(([name, { data }]) => [name, data]));

const answered = (posteriors: Float32Array, params: object = {}): Promise<Float32Array> =>
  bound(memguard, memguard.params.parse(params)).posteriors?.(posteriors, classes, {
    rng: createRng(1),
    engine,
    learnt,
  }) as Promise<Float32Array>;

/** How far from undecided the defender's attack model is on each row, which it sees sorted. */
async function opinions(posteriors: Float32Array): Promise<number[]> {
  const features = Float32Array.from(rowsIn(posteriors, classes).flatMap((row) => row.sort((a, b) => b - a)));
  const answers = await query(engine, { layers: guardLayers, weights: guard, inputShape: [classes], features });
  return rowsIn(answers, 2).map(([, member]) => Math.abs((member as number) - 0.5));
}

const sizesOf = (before: Float32Array, after: Float32Array) =>
  rowsIn(before, classes).map((row, at) =>
    row.reduce((sum, value, column) => sum + Math.abs(value - (after[at * classes + column] as number)), 0),
  );

describe("answers", async () => {
  const own = Float32Array.of(
    ...somePosteriors(115, classes),
    // Certain to within rounding, and undecided.
    ...[1, 0, 0, 0, 0],
    ...[1e-30, 1, 1e-26, 1e-25, 1e-28],
    ...[1e-12, 1e-13, 1, 1e-12, 1e-14],
    ...[0.2, 0.2, 0.2, 0.2, 0.2],
    ...[0.5, 0.5, 0, 0, 0],
  );
  const all = await answered(own, { epsilon: 2, iterations: 100 });

  test("keep every label, and sum to 1", () => {
    expect(predictedClasses(all, classes)).toEqual(predictedClasses(own, classes));
    for (const row of rowsIn(all, classes)) {
      expect(row.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
      expect(Math.min(...row)).toBeGreaterThanOrEqual(0);
    }
  });

  test("where they are changed, leave the attack model nearer to undecided, and on the whole next to it", async () => {
    const [before, after] = [await opinions(own), await opinions(all)];
    const changed = sizesOf(own, all).flatMap((size, at) => (size > 0 ? [at] : []));
    expect(changed.length).toBeGreaterThan(100);
    for (const at of changed) expect(after[at]).toBeLessThan(before[at] as number);
    const mean = (values: number[]) => changed.reduce((sum, at) => sum + (values[at] as number), 0) / changed.length;
    expect(mean(after)).toBeLessThan(mean(before) / 5);
  });

  test("get noise of the expected size ε at most: all of it when that is small, some of it otherwise", async () => {
    const epsilon = 0.2;
    const [full, some] = [sizesOf(own, all), sizesOf(own, await answered(own, { epsilon, iterations: 100 }))];
    const expected = full.map((size) => Math.min(size, epsilon));
    const total = (sizes: number[]) => sizes.reduce((sum, size) => sum + size, 0);
    expect(full.some((size) => size > epsilon)).toBe(true);
    for (const [at, size] of some.entries()) {
      // All or nothing, and all where that is no more than ε.
      expect([0, full[at]]).toContainEqual(expect.closeTo(size, 4));
      if ((full[at] as number) < epsilon) expect(size).toBeCloseTo(full[at] as number, 4);
    }
    // Of all draws the sum is within three deviations of what is expected.
    const deviation = Math.sqrt(total(full.map((size) => Math.max(0, size * epsilon - epsilon ** 2))));
    expect(Math.abs(total(some) - total(expected))).toBeLessThan(3 * deviation);
  });

  test("are the model's own when ε is 0", async () => {
    expect(await answered(own, { epsilon: 0 })).toEqual(own);
  });

  test("are the same when the question is asked again, and whatever is asked with it", async () => {
    const part = rowsIn(own, classes).slice(100).reverse();
    const twice = await answered(Float32Array.from([...part, ...part].flat()), { epsilon: 2, iterations: 100 });
    // To within rounding: engines need not multiply the rows of a batch in one order.
    const expected = rowsIn(all, classes)
      .slice(100)
      .reverse()
      .map((row) => row.map((value) => expect.closeTo(value, 5)));
    expect(rowsIn(twice, classes)).toEqual([...expected, ...expected]);
  });
});

test("the model is the one that an undefended training makes, and the attack model comes besides", async () => {
  const school = await aSchool({ members: 20, training: { epochs: 2 } });
  const built = (await memguard.build?.(school, memguard.params.parse({ epochs: 1 }))) as Built;
  expect(weightsOf(built)).toEqual((await trainAsUsual(school)).weights);
  expect(built.learnt?.["dense1/kernel"]).toHaveLength(3 * 256);
  expect(Object.keys(built.learnt ?? {})).toHaveLength(8);
});

test("models are trained once for all sizes of noise, and anew for another attack model", () => {
  const use = (params: object) => trainedUnder(memguard as Defense, memguard.params.parse(params));
  expect(use({ epsilon: 0.1, iterations: 40 })).toEqual(use({ epsilon: 0.7 }));
  expect(use({ epochs: 10 })).not.toEqual(use({}));
});

test("needs as many records besides as there are members, and a size that is none", () => {
  expect(memguard.reference?.(memguard.params.parse({}), 120)).toBe(120);
  expect(() => memguard.params.parse({ epsilon: -0.1 })).toThrow();
  expect(() => memguard.params.parse({ epsilon: 2.1 })).toThrow();
});
