import { describe, expect, test } from "vitest";
import { encode, fitEncoding, valuesOf } from "./encoding.ts";
import type { TermCounts } from "./unit.ts";

const image = { kind: "image", shape: [2], low: 0, high: 1 } as const;

test("bytes of an image are levels of its range, and any other bytes are values", () => {
  const stored = Uint8Array.of(0, 51, 255);
  expect(valuesOf(image, stored)).toEqual(Float32Array.of(0, 0.2, 1));
  expect(valuesOf({ ...image, low: -1, high: 3 }, stored)).toEqual(Float32Array.of(-1, -1 + 0.8, 3));
  expect(valuesOf({ ...image, kind: "binary" }, Uint8Array.of(0, 1))).toEqual(Float32Array.of(0, 1));
  const values = Float32Array.of(1.5, -2);
  expect(valuesOf({ ...image, kind: "tabular" }, values)).toEqual(values);
  expect(valuesOf(image, values)).not.toBe(values);
});

test("no encoding leaves records as they are", () => {
  const fitted = fitEncoding({ kind: "none" }, image, Float32Array.of(1, 2));
  expect(fitted.tensors).toEqual({});
  expect(encode(fitted, image, Float32Array.of(3, 4))).toEqual(Float32Array.of(3, 4));
});

describe("standardize", () => {
  const table = { kind: "tabular", shape: [3], low: 0, high: 1 } as const;

  test("takes mean and deviation of each feature from the training records alone", () => {
    const fitted = fitEncoding({ kind: "standardize", leastDeviation: 0 }, table, Float32Array.of(1, 10, 5, 3, 30, 5));
    expect(fitted.tensors).toEqual({ mean: Float32Array.of(2, 20, 5), deviation: Float32Array.of(1, 10, 1) });
    expect(encode(fitted, table, Float32Array.of(4, 0, 6))).toEqual(Float32Array.of(2, -2, 1));
  });

  test("leaves all but the first features as they are, and no deviation below the least", () => {
    const encoding = { kind: "standardize", features: 1, leastDeviation: 4 } as const;
    const fitted = fitEncoding(encoding, table, Float32Array.of(1, 10, 5, 3, 30, 5));
    expect(fitted.tensors).toEqual({ mean: Float32Array.of(2), deviation: Float32Array.of(4) });
    expect(encode(fitted, table, Float32Array.of(4, 0, 6))).toEqual(Float32Array.of(0.5, 0, 6));
  });

  test("does not lose a small deviation beside a large mean", () => {
    const values = Float32Array.from({ length: 300 }, (_, at) => 1e6 + (at % 2));
    const one = { kind: "tabular", shape: [1], low: 0, high: 1 } as const;
    const fitted = fitEncoding({ kind: "standardize", leastDeviation: 0 }, one, values);
    expect(fitted.tensors.deviation).toEqual(Float32Array.of(0.5));
  });
});

describe("tf-idf", () => {
  /** Documents as lists of terms, out of eight. */
  function texts(...documents: number[][]): TermCounts {
    const rows = documents.map((terms) => [...new Set(terms)].sort((a, b) => a - b));
    const offsets = [0];
    for (const row of rows) offsets.push((offsets.at(-1) as number) + row.length);
    const counts = documents.flatMap(
      (terms, at) => rows[at]?.map((term) => terms.filter((other) => other === term).length) ?? [],
    );
    return {
      offsets: Uint32Array.from(offsets),
      terms: Uint32Array.from(rows.flat()),
      counts: Uint32Array.from(counts),
      distinct: 8,
    };
  }
  const encoding = { kind: "tf-idf" } as const;
  const input = (columns: number) => ({ kind: "text", shape: [columns], low: 0, high: 1 }) as const;

  test("counts, times the smoothed inverse document frequency, in rows of length 1", () => {
    const training = texts([0, 1, 1], [1, 2], [1]);
    const fitted = fitEncoding(encoding, input(8), training);
    const idf = (documents: number) => Math.log(4 / (1 + documents)) + 1;
    expect(fitted.tensors.terms).toEqual(Uint32Array.of(0, 1, 2));
    expect([...(fitted.tensors.weights as Float32Array)]).toEqual([idf(1), idf(3), idf(1)].map(Math.fround));
    const [zero, one, ...rest] = encode(fitted, input(8), texts([0, 1, 1]));
    const length = Math.hypot(idf(1), 2 * idf(3));
    expect(zero).toBeCloseTo(idf(1) / length, 6);
    expect(one).toBeCloseTo((2 * idf(3)) / length, 6);
    expect(rest).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("uses the terms that most training records have, and no others", () => {
    const fitted = fitEncoding(encoding, input(2), texts([5, 3], [5, 3], [5, 7, 7, 7], [2, 3]));
    expect(fitted.tensors.terms).toEqual(Uint32Array.of(3, 5));
    expect(encode(fitted, input(2), texts([7, 2], [3], []))).toEqual(Float32Array.of(0, 0, 1, 0, 0, 0));
  });

  test("a term that no training record has is no column, whatever else is asked about", () => {
    const fitted = fitEncoding(encoding, input(8), texts([0]));
    expect(encode(fitted, input(8), texts([0, 6]))).toEqual(Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0));
  });
});
