import { sizeOf } from "@shadowfarm/engine/arrays";
import { tfjs } from "@shadowfarm/engine/tfjs";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import type { Layer } from "../network.ts";
import { smallNetworks } from "./layers.fixture.ts";
import { aProblem, boundsOf, type Problem } from "./problems.fixture.ts";

beforeEach(async () => void (await tfjs().setBackend("cpu")));

const anyProblem = fc
  .tuple(smallNetworks("zonotope"), fc.integer({ min: 1 }), fc.constantFrom(0.01, 0.1, 1))
  .map(([{ layers, inputShape }, seed, epsilon]) => aProblem(layers, { inputShape, seed, epsilon }));

test("without terms it is a box", () => {
  fc.assert(
    fc.property(anyProblem, (problem) => {
      const box = boundsOf({ kind: "interval" }, problem);
      expect(boundsOf({ kind: "zonotope", terms: 0 }, problem)).toEqual(box);
      expect(boundsOf({ kind: "zonotope", terms: [] }, problem)).toEqual(box);
    }),
    { numRuns: 40 },
  );
});

test("more terms never make a bound looser, and none is looser than the box's", () => {
  fc.assert(
    fc.property(anyProblem, (problem) => {
      const size = sizeOf(problem.inputShape);
      const few = [0, size - 1];
      const more = [...few, Math.floor(size / 2), Math.floor(size / 3)];
      const bounds = [few, more, size].map((terms) => boundsOf({ kind: "zonotope", terms }, problem));
      [boundsOf({ kind: "interval" }, problem), ...bounds].reduce((looser, tighter) => {
        tighter.forEach((bound, at) => {
          const other = looser[at] as number;
          expect(bound).toBeLessThanOrEqual(other + 1e-5 * Math.max(1, Math.abs(other)));
        });
        return tighter;
      });
    }),
    { numRuns: 60 },
  );
});

/** x and x again, from which the first logit is their difference, and the other is zero. */
function difference(activation: "linear" | "relu" | "tanh", bias = 0): Problem {
  const layers: Layer[] = [
    { kind: "dense", units: 2, activation },
    { kind: "dense", units: 2, activation: "linear" },
  ];
  const weights = {
    "dense1/kernel": { shape: [1, 2], data: Float32Array.of(1, 1) },
    "dense1/bias": { shape: [2], data: Float32Array.of(bias, bias) },
    "dense2/kernel": { shape: [2, 2], data: Float32Array.of(1, 0, -1, 0) },
    "dense2/bias": { shape: [2], data: new Float32Array(2) },
  };
  const x = { shape: [1, 1], data: Float32Array.of(0.5) };
  const targets = { shape: [1, 2], data: Float32Array.of(0, 1) };
  return { layers, inputShape: [1], classes: 2, weights, x, targets, epsilon: 0.25 };
}

test.each([
  { title: "of an affine map", problem: difference("linear"), interval: 0.5, zonotope: 0 },
  { title: "of a unit above zero", problem: difference("relu"), interval: 0.5, zonotope: 0 },
  {
    title: "not of one on both sides, which becomes a box",
    problem: difference("relu", -0.5),
    interval: 0.25,
    zonotope: 0.25,
  },
  { title: "and of one below there is nothing", problem: difference("relu", -1), interval: 0, zonotope: 0 },
  {
    title: "nor of a tanh",
    problem: difference("tanh"),
    interval: Math.tanh(0.75) - Math.tanh(0.25),
    zonotope: Math.tanh(0.75) - Math.tanh(0.25),
  },
])("what has a term cancels out $title", ({ problem, interval, zonotope }) => {
  expect(boundsOf({ kind: "interval" }, problem)[0]).toBeCloseTo(interval, 6);
  expect(boundsOf({ kind: "zonotope", terms: 1 }, problem)[0]).toBeCloseTo(zonotope, 6);
});

test("terms are of so many features, of no more than there are, or of these, each once", () => {
  const layers: Layer[] = [
    { kind: "dense", units: 4, activation: "linear" },
    { kind: "dense", units: 3, activation: "linear" },
  ];
  const problem = aProblem(layers, { inputShape: [4] });
  const of = (terms: number | number[]) => boundsOf({ kind: "zonotope", terms }, problem);
  expect(of(2)).toEqual(of([1, 3]));
  expect(of(3)).toEqual(of([0, 2, 3]));
  expect(of(99)).toEqual(of(4));
  expect(of([1, 1, 3])).toEqual(of([1, 3]));
  expect(() => of([1, 4])).toThrow("feature 4 of a zonotope's terms is not one of a record's 0 … 3");
});
