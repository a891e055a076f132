import { createRng } from "@shadowfarm/core/rng";
import { describe, expect, test } from "vitest";
import { inFixedBatches, labelsFrom, labelsOf } from "./ask-labels.ts";

const width = 2;

/** A model whose outputs are `outputs[0]` for the first row, and so on. */
function answering(outputs: readonly (readonly number[])[]) {
  const classes = outputs[0]?.length ?? 0;
  const answer = async (rows: number) => Float32Array.from(outputs.slice(0, rows).flat());
  return {
    rows: new Float32Array(outputs.length * width),
    probed: { classes, ask: (rows: Float32Array) => answer(rows.length / width) },
    compiled: {
      run: async ({ shape: [rows = 0] }: { shape: readonly number[] }) => ({
        shape: [rows, classes],
        data: await answer(rows),
      }),
      dispose: () => {},
    },
  };
}

/** Small whole numbers, so that many are equal. */
function outputsOf(count: number, classes: number): number[][] {
  const rng = createRng(1).child("outputs", classes);
  return Array.from({ length: count }, () => Array.from({ length: classes }, () => rng.int(5) - 2));
}

describe.each([1, 2, 10, 30])("of %i classes", (classes) => {
  test("a label is the first of the largest outputs, for any number of rows", async () => {
    const outputs = outputsOf(40, classes);
    const { rows, probed, compiled } = answering(outputs);
    const right = outputs.map((row) => row.indexOf(Math.max(...row)));
    const asks = [labelsOf(probed), labelsFrom(compiled, [width])];
    for (const ask of asks) {
      for (const count of [3, 8, 40, 1, 0, 5, 39]) {
        expect([...(await ask(rows.subarray(0, count * width)))]).toEqual(right.slice(0, count));
      }
    }
  });
});

test.each([
  ["what lies behind", 20, [5, 6, 7, 8, 9, 10, 11, 12]],
  ["zeros where nothing does", 10, [5, 6, 7, 8, 9, 0, 0, 0]],
])("a batch is filled up with %s, and the rows are left as they are", async (_, numbers, asked) => {
  const rows = Float32Array.from({ length: numbers }, (_, at) => at);
  const seen: number[][] = [];
  const ask = inFixedBatches(async (batch) => {
    seen.push([...batch]);
    return Int32Array.from({ length: batch.length }, (_, row) => batch[row] as number);
  }, 1);
  expect([...(await ask(rows.subarray(5, 10)))]).toEqual([5, 6, 7, 8, 9]);
  expect(seen).toEqual([asked]);
  expect([...rows]).toEqual(Array.from({ length: numbers }, (_, at) => at));
});

test("labels are the asker's own, whatever is asked later", async () => {
  const { rows, probed } = answering([
    [0, 1],
    [1, 0],
    [0, 1],
    [1, 0],
  ]);
  const ask = labelsOf(probed);
  const first = await ask(rows);
  first.fill(9);
  expect([...(await ask(rows))]).toEqual([1, 0, 1, 0]);
  expect([...first]).toEqual([9, 9, 9, 9]);
});
