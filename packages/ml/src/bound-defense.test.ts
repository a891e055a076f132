import { createRng } from "@shadowfarm/core/rng";
import { trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import { describe, expect, test } from "vitest";
import { bound, trainedUnder } from "./bound-defense.ts";
import type { Defense } from "./defense.ts";
import { aDefended } from "./defenses/defended.fixture.ts";
import { defenses } from "./defenses/index.ts";
import type { Layer } from "./network.ts";

const engine = await openEngine("cpu");
const unit = defenses.combined as Defense;
const paramsOf = (first: unknown, second: unknown) => unit.params.parse({ first, second });
const both = (first: unknown, second: unknown) => bound(unit, paramsOf(first, second));
const picture = aDefended({
  layers: [{ kind: "flatten" }, { kind: "dense", units: 2, activation: "linear" }],
  input: { kind: "image", shape: [4, 4, 1], low: 0, high: 1 },
});

describe("the hooks of two defenses", () => {
  test("change answers one after another, the second what the first one made", async () => {
    const context = { rng: createRng(1), engine, learnt: {} };
    const answer = (first: unknown, second: unknown) =>
      both(first, second).posteriors?.(Float32Array.of(0.61, 0.27, 0.12), 3, context);
    const [top, round] = [{ name: "top-k", k: 2 }, "memguard-stand-in"];
    expect([...((await answer(top, round)) as Float32Array)].every((value) => value > 0.3)).toBe(true);
    expect([...((await answer(round, top)) as Float32Array)].filter((value) => value === 0)).toHaveLength(1);
  });

  test("change the network one after another, and training in all ways", () => {
    const { model, training } = both({ name: "dropout", input: 0.25 }, "data-augmentation");
    const layers: Layer[] = [{ kind: "dense", units: 2, activation: "linear" }];
    expect(model?.(layers).map(({ kind }) => kind)).toEqual(["augment", "dropout", "dense"]);
    expect(training).toBeUndefined();
    const penalised = both({ name: "l1", lambda: 0.1 }, { name: "early-stopping", share: 0.06 });
    expect(penalised.training?.(trainingSchema.parse({}))).toMatchObject({ l1: 0.1, epochs: 3 });
    expect(penalised.model).toBeUndefined();
    expect(penalised.posteriors).toBeUndefined();
  });

  test("are kept as they are where one alone has them", () => {
    const { targets, objective, build, reference } = both("label-smoothing", "l2");
    expect([...(targets?.(Int32Array.of(0), 2) ?? [])]).toEqual([0.95, 0.05].map((share) => expect.closeTo(share, 6)));
    expect([objective, build, reference(50)]).toEqual([undefined, undefined, 0]);
    expect(both("dropout", "memguard").reference(50)).toBe(50);
    expect(both("relaxloss", "rounding").objective).toBeDefined();
  });

  test("may be those of a combination in turn", () => {
    const { model, training, posteriors } = both("dropout", {
      name: "combined",
      first: { name: "l2", lambda: 0.5 },
      second: { name: "combined", first: "l1", second: "label-only" },
    });
    expect(model).toBeDefined();
    expect(training?.(trainingSchema.parse({}))).toMatchObject({ l1: 1e-5, l2: 0.5 });
    expect(posteriors).toBeDefined();
  });
});

describe("what they are to defend", () => {
  test("is what the other one makes of it, and not what one makes of it itself", () => {
    const stopped = both({ name: "early-stopping", share: 0.2 }, { name: "data-augmentation", shift: 1 });
    expect(() => stopped.check(picture)).not.toThrow();
    const never = both("dropout", { name: "early-stopping", share: 0.999 });
    expect(() => never.check(picture)).toThrow("early-stopping: share is 0.999: a training of 50 would end after 50");
  });

  test("is checked for each, in whatever order, and the message says for which", () => {
    for (const [first, second] of [
      ["dropout", "data-augmentation"],
      ["data-augmentation", "dropout"],
    ]) {
      expect(() => both(first, second).check(aDefended())).toThrow(
        "data-augmentation: it changes pictures, not binary records; use another defense",
      );
    }
  });
});

test.each([
  ["dropout", "dropout", "dropout is named twice; remove one"],
  ["hamp", "selena", "hamp and selena cannot be combined: each trains by means of its own; use one of them"],
  ["relaxloss", "trades", "relaxloss and trades cannot be combined: each minimises a loss of its own; use one of them"],
  ["hamp", "relaxloss", "hamp and relaxloss cannot be combined: each minimises a loss of its own; use one of them"],
  [
    "label-smoothing",
    "hamp",
    "label-smoothing and hamp cannot be combined: each sets the targets of training; use one of them",
  ],
  [
    "relaxloss",
    "label-smoothing",
    "relaxloss and label-smoothing cannot be combined: relaxloss minimises a loss of its own, and label-smoothing sets the targets of training; use one of them",
  ],
  [
    "label-smoothing",
    "memguard",
    "label-smoothing and memguard cannot be combined: label-smoothing sets the targets of training, and memguard trains by means of its own; use one of them",
  ],
  [
    "memguard",
    "adversarial-training",
    "memguard and adversarial-training cannot be combined: memguard trains by means of its own, and adversarial-training minimises a loss of its own; use one of them",
  ],
  [
    { name: "combined", first: "l2", second: "dropout" },
    { name: "combined", first: "rounding", second: "l2" },
    "l2 is named twice; remove one",
  ],
])("%o and %o are refused", (first, second, message) => {
  expect(() => both(first, second)).toThrow(message);
});

describe("models are trained under", () => {
  const under = (first: unknown, second: unknown) => trainedUnder(unit, paramsOf(first, second));

  test("the one that changes training, where the other only changes answers", () => {
    const dropout = trainedUnder(defenses.dropout as Defense, defenses.dropout.params.parse({}));
    expect(under("dropout", "rounding")).toEqual(dropout);
    expect(under("label-only", "dropout")).toEqual(dropout);
    expect(under("none", { name: "combined", first: "top-k", second: "dropout" })).toEqual(dropout);
  });

  test("none, where both only change answers", () => {
    expect(under("rounding", "label-only")).toBeNull();
  });

  test("both, without what only changes answers", () => {
    const [small, large] = [0.1, 0.9].map((epsilon) => under("dropout", { name: "memguard", epsilon }));
    expect(small).toEqual(large);
    expect(small).toMatchObject({
      name: "combined",
      params: { first: { name: "dropout" }, second: { name: "memguard" } },
    });
    expect(() => bound(unit, unit.params.parse(small?.params))).not.toThrow();
    expect(under("dropout", { name: "memguard", epochs: 3 })).not.toEqual(small);
  });
});
