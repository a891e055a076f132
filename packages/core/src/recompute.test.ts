import { expect, test } from "vitest";
import { evaluate, type ThresholdChoice } from "./metrics.ts";
import { differencesFrom } from "./recompute.ts";

const kept = {
  scores: Float64Array.from([0.9, 0.8, 0.7, 0.6, 0.4, 0.4, 0.3, 0.1]),
  isMember: Uint8Array.from([1, 1, 0, 1, 0, 1, 0, 0]),
  labels: Int32Array.from([0, 1, 0, 1, 0, 1, 0, 1]),
  classes: 2,
};
const accuracy = { trainAccuracy: 1, testAccuracy: 0.75 };

test.each<ThresholdChoice>([{ by: "oracle" }, { by: "fixed", value: 0.5 }, { by: "shadow", value: [0.35, 0.65] }])(
  "metrics by %j are what their scores give, also after they were stored as JSON",
  (threshold) => {
    const { scores, isMember, ...judged } = kept;
    const metrics = evaluate(scores, isMember, threshold, accuracy, { ...judged, queries: 8 });
    const stored = JSON.parse(JSON.stringify(metrics));
    expect(differencesFrom(stored, kept)).toEqual({ differences: [], given: ["queries"] });
    expect(differencesFrom(stored, { ...kept, accuracy }).differences).toEqual([]);
  },
);

test("the last bit of a number, a score, a record's side and an accuracy are noticed", () => {
  const { scores, isMember, ...judged } = kept;
  const metrics = evaluate(scores, isMember, { by: "oracle" }, accuracy, { ...judged, queries: 8 });
  const off = { ...metrics, auc: metrics.auc + 2 ** -53 };
  expect(differencesFrom(off, kept).differences).toEqual([{ metric: "auc", stored: off.auc, recomputed: metrics.auc }]);
  const moved = differencesFrom(metrics, { ...kept, scores: scores.with(2, 0.85) }).differences;
  expect(moved.map(({ metric }) => metric)).toContain("auc");
  const changed = differencesFrom(metrics, { ...kept, isMember: isMember.with(0, 0) }).differences;
  expect(changed.map(({ metric }) => metric)).toEqual(expect.arrayContaining(["members", "auc"]));
  const other = differencesFrom(metrics, { ...kept, accuracy: { ...accuracy, testAccuracy: 0.5 } }).differences;
  expect(other.map(({ metric }) => metric)).toEqual(expect.arrayContaining(["testAccuracy", "gap"]));
});
