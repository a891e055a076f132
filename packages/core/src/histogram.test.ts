import fc from "fast-check";
import { expect, test } from "vitest";
import { scoreHistogram } from "./histogram.ts";

test("counts each side, edges to the bin above, the largest score to the last bin", () => {
  const scores = Float64Array.of(0, 1, 2, 3, 4);
  expect(scoreHistogram(scores, Uint8Array.of(0, 1, 0, 1, 1), 2)).toEqual({
    edges: [0, 2, 4],
    members: [1, 2],
    nonMembers: [1, 1],
  });
});

test("equal scores are one bin, and what is no score is refused", () => {
  expect(scoreHistogram(Float64Array.of(3, 3), Uint8Array.of(1, 0))).toEqual({
    edges: [3, 4],
    members: [1],
    nonMembers: [1],
  });
  expect(() => scoreHistogram(new Float64Array(), new Uint8Array())).toThrow("no scores");
  expect(() => scoreHistogram(Float64Array.of(Number.NaN), Uint8Array.of(1))).toThrow("score NaN of record 0");
});

test("loses no record", () => {
  const scores = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 1 });
  fc.assert(
    fc.property(scores, fc.integer({ min: 1, max: 50 }), (values, bins) => {
      const { members, nonMembers, edges } = scoreHistogram(
        Float64Array.from(values),
        Uint8Array.from(values, (_, record) => record % 2),
        bins,
      );
      expect([...members, ...nonMembers].reduce((sum, one) => sum + one, 0)).toBe(values.length);
      expect(edges).toHaveLength(members.length + 1);
    }),
  );
});
