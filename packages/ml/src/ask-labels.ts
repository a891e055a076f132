import { batchRows, sizeOf } from "@shadowfarm/engine/arrays";
import type { Compiled } from "@shadowfarm/engine/engine";

/**
 * A model that answers with labels alone. Each row (rows × width, plain values) is one query; the rows may be overwritten
 * once the labels are there.
 */
export type AskLabels = (rows: Float32Array) => Promise<Int32Array>;

/** The class of the largest output in each row of a compiled model's answer, logits or posteriors; the first of equal ones. */
export function labelsFrom(model: Compiled, inputShape: readonly number[]): AskLabels {
  const width = sizeOf(inputShape);
  return async (rows) => {
    const { shape, data } = await model.run({ shape: [rows.length / width, ...inputShape], data: rows });
    return largestOfEach(data, shape[1] as number);
  };
}

/**
 * Asks in a few fixed numbers of rows: at most `most`, and what is left over filled up with zeros to a power of two. A
 * compiled model makes a program for each number of rows. The rows that fill up are no queries: nothing is made of their
 * labels.
 */
export function inFixedBatches(ask: AskLabels, width: number, most = batchRows(width)): AskLabels {
  const padded = new Map<number, Float32Array>();
  return async (rows) => {
    const count = rows.length / width;
    const labels = new Int32Array(count);
    for (let first = 0; first < count; first += most) {
      const asked = Math.min(most, count - first);
      const batch = rows.subarray(first * width, (first + asked) * width);
      const size = Math.min(most, 2 ** Math.ceil(Math.log2(asked)));
      let whole = batch;
      if (asked < size) {
        whole = padded.get(size) ?? new Float32Array(size * width);
        padded.set(size, whole);
        whole.set(batch);
        whole.fill(0, batch.length);
      }
      labels.set((await ask(whole)).subarray(0, asked), first);
    }
    return labels;
  };
}

function largestOfEach(outputs: Float32Array, classes: number): Int32Array {
  const rows = outputs.length / classes;
  const labels = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const first = row * classes;
    let best = 0;
    let largest = outputs[first] as number;
    for (let label = 1; label < classes; label++) {
      const output = outputs[first + label] as number;
      if (output > largest) {
        largest = output;
        best = label;
      }
    }
    labels[row] = best;
  }
  return labels;
}
