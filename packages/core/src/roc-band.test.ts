import { expect, test } from "vitest";
import { rocCurve } from "./roc.ts";
import { rocBand } from "./roc-band.ts";

/** Ten members and ten non-members; so many members are above all non-members, the others below. */
function aRoc(above: number) {
  const members = Array.from({ length: 10 }, (_, record) => (record < above ? 2 : 0));
  const scores = Float64Array.from([...members, ...Array.from({ length: 10 }, (_, record) => 1 + record / 100)]);
  return rocCurve(
    scores,
    Uint8Array.from(scores, (_, record) => (record < 10 ? 1 : 0)),
  );
}

test("the mean over repeats from the smallest FPR that the samples can show, plus and minus their sd", () => {
  const { n, smallestFpr, points } = rocBand([aRoc(4), aRoc(6)]);
  expect({ n, smallestFpr }).toEqual({ n: 2, smallestFpr: 0.1 });
  expect(points[0]?.fpr).toBe(0.1);
  expect(points[0]?.tpr).toBeCloseTo(0.5);
  expect(points[0]?.low).toBeCloseTo(0.5 - Math.SQRT1_2 / 5);
  expect(points[0]?.high).toBeCloseTo(0.5 + Math.SQRT1_2 / 5);
  expect(points.at(-1)).toEqual({ fpr: 1, tpr: 1, low: 1, high: 1 });
  expect(points.map(({ fpr }) => fpr)).toEqual(points.map(({ fpr }) => fpr).sort((one, other) => one - other));
});

test("of one repeat the exact interval of its sample", () => {
  const { points } = rocBand([aRoc(5)]);
  expect(points[0]?.tpr).toBe(0.5);
  expect(points[0]?.low).toBeCloseTo(0.1871, 4);
  expect(points[0]?.high).toBeCloseTo(0.8129, 4);
});

test("of unlike samples only what both resolve", () => {
  const small = rocCurve(Float64Array.of(1, 0, 0, 0, 0), Uint8Array.of(1, 0, 0, 0, 0));
  expect(rocBand([aRoc(5), small]).smallestFpr).toBe(0.25);
});
