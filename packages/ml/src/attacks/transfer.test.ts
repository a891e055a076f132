import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { answersOf, attacked, knownAnswersOf, needsOf } from "./answers.fixture.ts";
import { transfer } from "./transfer.ts";

const records = 20;
const isMember = Array.from({ length: records }, (_, record) => record % 2);

/** Posteriors of some classes, in descending order. */
function rowsOf(classes: number, seed: string): number[][] {
  const rng = createRng(seed);
  return isMember.map(() => {
    const row = Array.from({ length: classes }, () => rng.uniform());
    const total = row.reduce((sum, value) => sum + value, 0);
    return row.map((value) => value / total).sort((one, other) => other - one);
  });
}

const first = (columns: number) => (row: number[]) => row.slice(0, columns);

function scoresOf(target: number[][], shadow: number[][], params: object = {}) {
  return attacked(
    transfer,
    { from: "mnist", attackModel: "random-forest", trees: 10, ...params },
    { target: answersOf(target), shadows: [knownAnswersOf(shadow, isMember)] },
  );
}

test.each([
  { classes: 2, other: 5, used: 2 },
  { classes: 5, other: 2, used: 2 },
  { classes: 5, other: 4, used: 3 },
])("a target of $classes classes and a shadow of $other: the $used largest posteriors on both", async (row) => {
  const [target, shadow] = [rowsOf(row.classes, "target"), rowsOf(row.other, "shadow")];
  const output = await scoresOf(target, shadow);
  expect(output.threshold).toEqual({ by: "shadow", value: 0.5 });
  expect(await scoresOf(target.map(first(row.used)), shadow.map(first(row.used)))).toEqual(output);
  expect(await scoresOf(target.map(first(row.used - 1)), shadow.map(first(row.used - 1)))).not.toEqual(output);
});

test("what is sharp on the shadow's dataset is sharp on the target's", async () => {
  const shadow = isMember.map((member) => (member === 1 ? [0.9, 0.06, 0.04] : [0.4, 0.35, 0.25]));
  const { scores } = await scoresOf(
    [
      [0, 0.95, 0.05, 0],
      [0.3, 0.2, 0.3, 0.2],
    ],
    shadow,
  );
  expect([...scores]).toEqual([1, 0]);
});

test("needs one shadow of the other dataset; the dataset itself is adversary 1", () => {
  const access = "posteriors";
  expect(needsOf(transfer, { from: "mnist" })).toEqual({ access, shadows: [{ count: 1, dataset: "mnist" }] });
  expect(needsOf(transfer, { from: "location" })).toEqual({ access, shadows: [{ count: 1 }] });
});
