import type { InputInfo } from "@shadowfarm/core/catalog";
import { createRng } from "@shadowfarm/core/rng";
import { describe, expect, test } from "vitest";
import { featuresOf } from "./features.ts";
import { type Ask, addNoise, drawMarginals, synthesize } from "./made-records.ts";

const width = 20;
const bits: InputInfo = { kind: "binary", shape: [width], low: 0, high: 1 };
const features = featuresOf(bits);

/** A target of two classes: the more ones among the first ten bits, the surer it is of class 1. */
const ask: Ask = async (rows) => {
  const answers = new Float32Array((rows.length / width) * 2);
  for (let record = 0; record * width < rows.length; record++) {
    const ones = rows.subarray(record * width, record * width + 10).reduce((sum, bit) => sum + bit, 0);
    answers.set([1 - ones / 10, ones / 10], record * 2);
  }
  return answers;
};

const search = { mostChanged: 8, leastChanged: 1, rejections: 5, confidence: 0.7, queries: 500 };

describe("noise", () => {
  test("replaces that share of each record's bits by coins: about half of them change", () => {
    const values = new Float32Array(200 * width);
    addNoise({ values, width }, features, 0.2, createRng(1));
    const changed = Array.from({ length: 200 }, (_, record) =>
      values.subarray(record * width, (record + 1) * width).reduce((sum, bit) => sum + bit, 0),
    );
    expect(Math.max(...changed)).toBeLessThanOrEqual(4);
    expect(changed.reduce((sum, count) => sum + count, 0) / 200).toBeCloseTo(2, 0);
  });
});

describe("marginals", () => {
  test("each feature as often as the attacker's records have it, labelled by the target", async () => {
    const known = new Float32Array(100 * width);
    for (let record = 0; record < 100; record++) known[record * width] = record < 90 ? 1 : 0;
    const made = await drawMarginals({ values: known, width }, features, {
      records: 2000,
      classes: 2,
      ask,
      rng: createRng(1),
    });
    const first = Array.from({ length: 2000 }, (_, record) => made.values[record * width] as number);
    expect(first.reduce((sum, bit) => sum + bit, 0) / 2000).toBeCloseTo(0.9, 1);
    expect(made.values.filter((bit) => bit === 1).length).toBe(first.filter((bit) => bit === 1).length);
    expect(new Set(made.labels)).toEqual(new Set([0]));
    expect(made.queries).toBe(2000);
  });
});

describe("synthesis", () => {
  const run = (changes: object = {}) =>
    synthesize(features, { records: 40, classes: 2, width, ask, rng: createRng(1), ...search, ...changes });

  test("finds records of which the target is sure enough, and counts every query", async () => {
    let asked = 0;
    const counting: Ask = async (rows) => {
      asked += rows.length / width;
      return ask(rows);
    };
    const { values, labels, queries } = await run({ ask: counting });
    const answers = await ask(values);
    labels.forEach((label, record) => {
      expect(answers[record * 2 + label]).toBeGreaterThan(search.confidence);
      expect(label).toBe(record % 2);
    });
    expect(queries).toBe(asked);
    expect(queries).toBeGreaterThan(40);
    expect(await run()).toEqual(await run());
  });

  test("gives a class up that has none, and says so when no class has", async () => {
    const never: Ask = async (rows) =>
      Float32Array.from({ length: (rows.length / width) * 2 }, (_, at) => (at % 2 === 0 ? 1 : 0));
    expect(new Set((await run({ ask: never, queries: 20 })).labels)).toEqual(new Set([0]));
    const unsure: Ask = async (rows) => new Float32Array((rows.length / width) * 2).fill(0.5);
    await expect(run({ ask: unsure, queries: 20 })).rejects.toThrow(
      "no record with a confidence above 0.7 was found in any class; lower confidence, or raise queries",
    );
  });
});

test("features of a table are whole columns, of text there are none", () => {
  const table: InputInfo = {
    kind: "tabular",
    shape: [4],
    low: 0,
    high: 1,
    columns: [
      { name: "age", low: 10, high: 20 },
      { name: "job", choices: ["a", "b", "c"] },
    ],
  };
  const columns = featuresOf(table);
  expect(columns.map(({ at, width }) => [at, width])).toEqual([
    [0, 1],
    [1, 3],
  ]);
  const row = Float32Array.of(0, 1, 1, 1);
  for (const column of columns) column.draw(row, createRng(1));
  expect(row[0]).toBeGreaterThanOrEqual(10);
  expect([...row.subarray(1)].sort()).toEqual([0, 0, 1]);
  expect(() => featuresOf({ kind: "text", shape: [4], low: 0, high: 1 })).toThrow("use another dataset");
});
