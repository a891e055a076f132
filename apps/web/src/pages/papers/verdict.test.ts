import { expect, test } from "vitest";
import { type Rerun, verdictOf } from "./verdict.ts";

const common = {
  ...({ figure: "Fig. 3", from: "P", metric: "auc", where: {} } as const),
  ...{ value: 0.8, within: 0.05, synthetic: false, records: [100], results: ["a"] },
};
const rerun: Rerun = { experiment: { id: "1", state: "done" }, changed: [] };

function ours(mean: number | null, { n = 3, spread = 0.01 } = {}) {
  const [low, high, sd] = mean === null || n < 2 ? [null, null, null] : [mean - spread, mean + spread, spread];
  return { n: mean === null ? 0 : n, mean, sd, low, high };
}

function judged(mean: number | null, changes: object = {}, of = rerun, options = {}) {
  const difference = mean === null ? null : mean - 0.8;
  const holds = difference === null ? null : Math.abs(difference) <= 0.05;
  return verdictOf({ ...common, difference, holds, ours: ours(mean, options), ...changes }, of);
}

test("a number within its tolerance needs no reason", () => {
  expect(judged(0.82)).toEqual({ said: "within", why: "", bad: false });
});

test("one beyond says what may be why", () => {
  expect(judged(0.6)).toEqual({
    said: "BEYOND",
    why: "the setting differs: see the experiment's description",
    bad: true,
  });
  expect(judged(0.6, { synthetic: true }).why).toContain("SYNTHETIC");
  expect(judged(0.6, {}, { ...rerun, changed: ["records"] }).why).toBe("run with other records");
  expect(judged(0.74, {}, rerun, { n: 2, spread: 0.1 }).why).toContain("n 2 is too small to tell");
  expect(judged(0.6, {}, rerun, { n: 1 }).why).toBe("one repeat: its spread is not known");
});

test("without a result or a tolerance nothing is judged", () => {
  expect(judged(null)).toEqual({ said: "no result", why: "its run is done", bad: false });
  expect(judged(null, {}, { ...rerun, experiment: null }).why).toBe("not run yet");
  expect(judged(0.6, { holds: null }).said).toBe("no tolerance");
});
