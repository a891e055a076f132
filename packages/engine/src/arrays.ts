import type * as tfTypes from "@tensorflow/tfjs";
import type { ArrayValue } from "./engine.ts";
import { tfjs } from "./tfjs.ts";

/** Numbers in an array of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Named arrays as tensors of the current backend; the caller disposes them. */
export function toTensors(values: Readonly<Record<string, ArrayValue>>): Record<string, tfTypes.Tensor> {
  return mapValues(values, ({ shape, data }) => tfjs().tensor(data, [...shape], "float32"));
}

/** The same names with other values. */
export function mapValues<A, B>(values: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}

/** The numbers of several arrays one after another, in a new array. */
export function concatenate(values: readonly ArrayValue[]): Float32Array {
  const all = new Float32Array(values.reduce((total, { data }) => total + data.length, 0));
  let at = 0;
  for (const { data } of values) {
    all.set(data, at);
    at += data.length;
  }
  return all;
}
