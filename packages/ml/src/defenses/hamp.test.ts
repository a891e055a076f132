import { createRng } from "@shadowfarm/core/rng";
import { openEngine } from "@shadowfarm/engine/backends";
import { describe, expect, test } from "vitest";
import { bound } from "../bound-defense.ts";
import type { Built } from "../defense.ts";
import { predictedClasses } from "../query.ts";
import { hamp } from "./hamp.ts";
import { minimised, sigmoid } from "./linear-batch.fixture.ts";
import { aSchool, rowsIn, somePosteriors } from "./school.fixture.ts";

const entropyOf = (row: readonly number[]) => -row.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);

describe.each([
  [2, 0.95],
  [10, 0.95],
  [30, 0.5],
  [100, 0.8],
])("targets of %i classes with γ = %f", (classes, gamma) => {
  const params = hamp.params.parse({ gamma });
  const [row] = rowsIn(hamp.targets?.(Int32Array.of(1), classes, params) as Float32Array, classes) as [number[]];
  const withShare = (share: number) => [share, ...Array(classes - 1).fill((1 - share) / (classes - 1))];

  test("have that share of the largest entropy, and a hundredth more for the true class would have less", () => {
    const wanted = gamma * Math.log(classes);
    expect(entropyOf(row)).toBeGreaterThanOrEqual(wanted - 1e-6);
    expect(entropyOf(withShare((row[1] as number) + 0.01))).toBeLessThan(wanted);
  });

  test("are steps of a hundredth for the true class, which stays the likeliest, and even elsewhere", () => {
    const own = row[1] as number;
    expect(own * 100).toBeCloseTo(Math.round(own * 100), 4);
    for (const [column, share] of row.entries()) {
      if (column !== 1) expect(share).toBeCloseTo((1 - own) / (classes - 1), 6);
    }
    expect(own).toBeGreaterThan(row[0] as number);
  });
});

test("the loss is the cross-entropy with the targets, minus α times the answers' entropy", async () => {
  const batch = { x: [[1, 0.5]] as [number, number][], labels: [0], kernel: [2, -1] as [number, number] };
  const { loss } = await minimised(hamp, { alpha: 0.25 }, batch);
  const own = sigmoid(1.5);
  expect(loss).toBeCloseTo(-Math.log(own) - 0.25 * entropyOf([own, 1 - own]), 5);
});

test("a model comes with its answers on a thousand random points, each in rising order", async () => {
  const school = await aSchool({ members: 20, training: { epochs: 2 } });
  const built = (await hamp.build?.(school, hamp.params.parse({}))) as Built;
  const rows = rowsIn(built.learnt?.random as Float32Array, 3);
  expect(rows).toHaveLength(1000);
  for (const row of rows) {
    expect(row[0]).toBeLessThanOrEqual(row[1] as number);
    expect(row[1]).toBeLessThanOrEqual(row[2] as number);
    expect(row.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
  }
});

describe("answers", async () => {
  const engine = await openEngine("cpu");
  const classes = 4;
  const random = Float32Array.from(
    rowsIn(somePosteriors(50, classes, "random"), classes).flatMap((row) => row.sort((a, b) => a - b)),
  );
  const params = hamp.params.parse({});
  const answered = (posteriors: Float32Array, given = params, learnt = { random }) =>
    bound(hamp, given).posteriors?.(posteriors, classes, {
      rng: createRng(1),
      engine,
      learnt,
    }) as Promise<Float32Array>;
  const own = somePosteriors(200, classes);

  test("are probabilities of a random point, in the order of the model's own", async () => {
    const pool = new Set(rowsIn(random, classes).map((row) => row.join()));
    const answers = rowsIn(await answered(own), classes);
    const orderOf = (row: number[]) => [...row.keys()].sort((a, b) => (row[a] as number) - (row[b] as number)).join();
    for (const [at, row] of rowsIn(own, classes).entries()) {
      expect(orderOf(answers[at] as number[])).toBe(orderOf(row));
      expect(pool).toContain([...(answers[at] as number[])].sort((a, b) => a - b).join());
    }
    // Not one of them for all.
    expect(new Set(answers.map((row) => Math.max(...row))).size).toBeGreaterThan(25);
  });

  test("are the same when the question is asked again, in whatever company", async () => {
    const before = rowsIn(await answered(own), classes);
    const turned = Float32Array.from(rowsIn(own, classes).reverse().flat());
    expect(rowsIn(await answered(turned), classes).reverse()).toEqual(before);
  });

  test("keep the label when the model is undecided, and when a random point is", async () => {
    const tied = Float32Array.of(0.1, 0.4, 0.4, 0.1, 0.25, 0.25, 0.25, 0.25);
    expect(predictedClasses(await answered(tied), classes)).toEqual(Int32Array.of(1, 0));
    const undecided = Float32Array.of(0.1, 0.1, 0.4, 0.4, 0.1, 0.2, 0.3, 0.4);
    const answers = await answered(own, params, { random: undecided });
    expect(predictedClasses(answers, classes)).toEqual(predictedClasses(own, classes));
  });

  test("are the model's own when they are not to be changed, by the same models", async () => {
    expect(await answered(own, { ...params, answers: false })).toEqual(own);
    expect(hamp.answersOnly).toEqual(["answers"]);
  });
});
