import type { InputInfo } from "@shadowfarm/core/catalog";
import { createRng } from "@shadowfarm/core/rng";
import { openEngine } from "@shadowfarm/engine/backends";
import { describe, expect, test } from "vitest";
import type { Probe, ProbedModel } from "../unit.ts";
import { alteredCopies } from "./altered-copies.ts";
import { distancesAt, hopSkipJump } from "./hop-skip-jump.ts";
import { noisyCopies, shareAt } from "./noisy-copies.ts";

const engine = await openEngine("onnx");

/** A model that tells two classes by whether the mean of a record is above a threshold; and how often it was asked. */
function aModel(input: InputInfo, threshold: number): ProbedModel & { asked: () => number } {
  const width = input.shape.reduce((product, size) => product * size, 1);
  let rows = 0;
  return {
    ...{ input, classes: 2, network: null },
    async ask(features) {
      rows += features.length / width;
      return Float32Array.from({ length: (features.length / width) * 2 }, (_, at) => {
        const own = features.subarray(Math.floor(at / 2) * width, (Math.floor(at / 2) + 1) * width);
        const above = own.reduce((sum, value) => sum + value, 0) / width > threshold;
        return above === (at % 2 === 1) ? 1 : 0;
      });
    },
    asked: () => rows,
  };
}

const bits: InputInfo = { kind: "binary", shape: [16], low: 0, high: 1 };
const picture: InputInfo = { kind: "image", shape: [4, 4, 1], low: 0, high: 1 };
const full = (value: number) => new Float32Array(16).fill(value);
const run = (
  probe: Probe,
  model: ProbedModel,
  points: Float32Array[],
  labels: number[],
  params: object,
  checkpoints: number[] = [],
) =>
  probe.run(
    model,
    { features: Float32Array.from(points.flatMap((point) => [...point])), labels: Int32Array.from(labels) },
    probe.params.parse(params),
    { checkpoints, rng: createRng(1), engine },
  );

describe("hop-skip-jump", () => {
  test("finds the boundary of every record by labels, and counts what it costs", async () => {
    const model = aModel(picture, 0.5);
    const { arrays, queries } = await run(
      hopSkipJump,
      model,
      [full(0.9), full(0.7), full(0.2)],
      [1, 1, 1],
      {},
      [300, 1500],
    );
    const distances = arrays[distancesAt("l2", 1500)] as Float32Array;
    // From the mean to the threshold along the diagonal of 16 dimensions.
    expect(distances[0]).toBeGreaterThan(1.6);
    expect(distances[0]).toBeLessThan(1.6 * 1.05);
    expect(distances[1]).toBeLessThan(0.8 * 1.05);
    // The model is wrong about the third, which costs the one query that says so.
    expect(distances[2]).toBe(0);
    expect(queries[2]).toBe(1);
    expect(arrays[distancesAt("l2", 300)]?.[0]).toBeGreaterThanOrEqual(distances[0] as number);
    expect(Math.max(...queries)).toBeLessThanOrEqual(1500);
  });

  test("from each translation, whose queries a record shares", async () => {
    const { arrays, queries } = await run(
      hopSkipJump,
      aModel(picture, 0.5),
      [full(0.9)],
      [1],
      { translation: 1 },
      [2000],
    );
    expect(arrays[distancesAt("l2", 2000)]).toHaveLength(5);
    expect(queries[0]).toBeLessThanOrEqual(2000);
  });

  test("a model that never changes its label is told, not scored", async () => {
    const constant = aModel(picture, -1);
    await expect(run(hopSkipJump, constant, [full(0.9)], [1], {}, [300])).rejects.toThrow(
      /the model gives one label to all that it was asked, \d+ times about 1 records; it has no decision boundary/,
    );
  });
});

describe("noisy-copies", () => {
  test("the share of right copies falls with the noise, and with nearness to the boundary", async () => {
    const shares = async (amount: number) =>
      (await run(noisyCopies, aModel(picture, 0.5), [full(0.9), full(0.55)], [1, 1], { amount }, [100, 400])).arrays[
        shareAt(400)
      ] as Float32Array;
    const [little, much] = [await shares(0.05), await shares(1)];
    expect([...little]).toEqual([1, 1]);
    expect(much[0]).toBeGreaterThan(much[1] as number);
    expect(much[1]).toBeLessThan(0.9);
  });

  test("bits are flipped, and every copy is a query", async () => {
    const model = aModel(bits, 0.5);
    const { arrays, queries } = await run(noisyCopies, model, [full(1)], [1], { amount: 1 }, [50]);
    expect(arrays[shareAt(50)]?.[0]).toBe(0);
    expect([...queries]).toEqual([50]);
    expect(model.asked()).toBeGreaterThanOrEqual(50);
  });
});

test("altered-copies: which of a picture's turns and shifts are right, the picture first", async () => {
  // A bright column at the edge, which a shift loses or doubles.
  const edge = Float32Array.from({ length: 16 }, (_, at) => (at % 4 === 3 ? 1 : 0));
  const { arrays, queries } = await run(alteredCopies, aModel(picture, 0.2), [edge], [1], {
    kind: "translation",
    amount: 1,
  });
  expect([...(arrays.right as Float32Array)]).toEqual([1, 1, 0, 1, 1]);
  expect([...queries]).toEqual([5]);
  expect(
    (await run(alteredCopies, aModel(picture, 0.2), [edge], [1], { kind: "rotation", amount: 5 })).arrays.right,
  ).toHaveLength(3);
});
