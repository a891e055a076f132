import { batchRows, sizeOf } from "@shadowfarm/engine/arrays";
import type { Compiled } from "@shadowfarm/engine/engine";
import { openVectors } from "@shadowfarm/engine/vectors";
import type { ProbedModel } from "./unit.ts";

/**
 * A model that answers with labels alone. Each row (rows × width, plain values) is one query; the rows may be overwritten
 * once the labels are there.
 */
export type AskLabels = (rows: Float32Array) => Promise<Int32Array>;

/** The class of the largest output in each row of a compiled model's answer, logits or posteriors; the first of equal ones. */
export function labelsFrom(model: Compiled, inputShape: readonly number[]): AskLabels {
  const width = sizeOf(inputShape);
  let largest: LargestOfEach | undefined;
  return async (rows) => {
    const { shape, data } = await model.run({ shape: [rows.length / width, ...inputShape], data: rows });
    largest ??= largestAmong(shape[1] as number);
    return largest(data);
  };
}

/** The class of the largest posterior in each row of a probed model's answer; the first of equal ones. */
export function labelsOf(model: Pick<ProbedModel, "ask" | "classes">): AskLabels {
  const largest = largestAmong(model.classes);
  return async (rows) => largest(await model.ask(rows));
}

/**
 * Asks in a few fixed numbers of rows: at most `most`, and what is left over filled up to a power of two, with what lies behind
 * the rows in their buffer if there is so much, or with zeros. A compiled model makes a program for each number of rows. The
 * rows that fill up are no queries: nothing is made of their labels.
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
      if (batch.byteOffset + 4 * size * width <= batch.buffer.byteLength) {
        whole = new Float32Array(batch.buffer, batch.byteOffset, size * width);
      } else {
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

/** Finds the class of the largest output in each row (rows × classes); the first of equal ones. */
type LargestOfEach = (outputs: Float32Array) => Int32Array;

function largestAmong(classes: number): LargestOfEach {
  let room = openRoom(0, classes);
  return (outputs) => {
    const labels = new Int32Array(outputs.length / classes);
    // Four rows at a time; the last few are sooner looked through than copied.
    const inFours = labels.length - (labels.length % 4);
    if (inFours > room.labels.length) room = openRoom(inFours, classes);
    if (inFours > 0) {
      room.outputs.set(outputs.subarray(0, inFours * classes));
      room.vectors.largest(room.outputs, classes, inFours, room.labels);
      labels.set(room.labels.subarray(0, inFours));
    }
    for (let row = inFours; row < labels.length; row++) labels[row] = largestFrom(outputs, row * classes, classes);
    return labels;
  };
}

/** Memory for the outputs of so many rows. */
function openRoom(rows: number, classes: number) {
  const vectors = openVectors(2, rows * (classes + 1));
  return { vectors, outputs: vectors.float32(rows * classes), labels: vectors.int32(rows) };
}

function largestFrom(outputs: Float32Array, first: number, classes: number): number {
  let best = 0;
  let largest = outputs[first] as number;
  for (let label = 1; label < classes; label++) {
    const output = outputs[first + label] as number;
    if (output > largest) {
      largest = output;
      best = label;
    }
  }
  return best;
}
