import { describe, expect, test } from "vitest";
import { epsilonBounds, oneRunBound } from "./audit.ts";
import { createRng } from "./rng.ts";

describe("the bound of a one-run audit", () => {
  test.each([
    { canaries: 1000, guesses: 100, right: 95, delta: 0, bound: 2.1724 },
    { canaries: 1000, guesses: 100, right: 95, delta: 1e-5, bound: 2.1652 },
    { canaries: 1000, guesses: 200, right: 160, delta: 1e-5, bound: 1.085 },
    { canaries: 1000, guesses: 50, right: 50, delta: 1e-5, bound: 2.7562 },
    { canaries: 5000, guesses: 100, right: 99, delta: 1e-5, bound: 2.9343 },
    { canaries: 100, guesses: 100, right: 50, delta: 0, bound: 0 },
  ])("$right of $guesses guesses about $canaries records, δ = $delta: ε ≥ $bound", ({ bound, ...seen }) => {
    expect(oneRunBound(seen)).toBeCloseTo(bound, 4);
  });

  test("is nothing without a right guess, and refuses what is no audit", () => {
    expect(oneRunBound({ canaries: 10, guesses: 5, right: 0, delta: 0 })).toBe(0);
    expect(() => oneRunBound({ canaries: 10, guesses: 5, right: 6, delta: 0 })).toThrow("are not an audit");
  });
});

describe("both bounds of an attack's scores", () => {
  const records = 2000;
  const isMember = Uint8Array.from({ length: records }, (_, record) => record % 2);

  test("are large when the sides are apart", () => {
    const { clopperPearson, oneRun } = epsilonBounds(Float64Array.from(isMember), isMember);
    // 500 of 500 on each side leave 1 − 0.025^(1/500) of doubt.
    expect(clopperPearson).toBeCloseTo(Math.log((0.025 ** (1 / 500) - 1e-5) / (1 - 0.025 ** (1 / 500))), 6);
    expect(oneRun).toBeGreaterThan(3);
  });

  test("are 0 when they are the same, but for one time in twenty", () => {
    const positive = { clopperPearson: 0, oneRun: 0 };
    for (let seed = 0; seed < 100; seed++) {
      const rng = createRng(seed);
      const bounds = epsilonBounds(
        Float64Array.from(isMember, () => rng.uniform()),
        isMember,
      );
      if (bounds.clopperPearson > 0) positive.clopperPearson++;
      if (bounds.oneRun > 0) positive.oneRun++;
    }
    expect(positive.clopperPearson).toBeLessThanOrEqual(10);
    expect(positive.oneRun).toBeLessThanOrEqual(10);
  });

  test("never exceed the ε of a mechanism that is known: randomised response", () => {
    const epsilon = 1;
    const rng = createRng("response");
    const truth = 1 / (1 + Math.exp(-epsilon));
    const scores = Float64Array.from(isMember, (member) => (rng.uniform() < truth ? member : 1 - member));
    const { clopperPearson, oneRun } = epsilonBounds(scores, isMember);
    expect(clopperPearson).toBeGreaterThan(0.5);
    expect(clopperPearson).toBeLessThan(epsilon);
    expect(oneRun).toBeLessThan(epsilon);
  });

  test("are 0 with too few records to halve", () => {
    expect(epsilonBounds(Float64Array.of(1, 0), Uint8Array.of(1, 0))).toMatchObject({ clopperPearson: 0, oneRun: 0 });
  });
});
