import type { AnyArray, ArraySpec, Tensors } from "./engine.ts";
import { WrongArray } from "./errors.ts";
import { tfjs } from "./tfjs.ts";

/** Numbers in an array of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Named arrays as tensors of the current backend; the caller disposes them. */
export function toTensors(values: Readonly<Record<string, AnyArray>>): Tensors {
  return mapValues(values, ({ shape, data }) =>
    tfjs().tensor(data, [...shape], data instanceof Float32Array ? "float32" : "int32"),
  );
}

/** The same names with other values. */
export function mapValues<A, B>(
  values: Readonly<Record<string, A>>,
  map: (value: A, name: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value, name)]));
}

/** Whether two shapes are the same. */
export function isShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** The numbers of several arrays one after another; a single array as it is. */
export function concatenate(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0] as Float32Array;
  const all = new Float32Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** @throws {WrongArray} when the array is missing, or has another shape, length or type than asked for. */
export function checkArray(
  name: string,
  array: AnyArray | undefined,
  { shape, dtype = "float32" }: ArraySpec,
): AnyArray {
  if (array === undefined) throw new WrongArray(`input "${name}" is missing`);
  const type = array.data instanceof Float32Array ? "float32" : "int32";
  if (type !== dtype) throw new WrongArray(`input "${name}" is ${type}, not ${dtype}`);
  if (!isShape(array.shape, shape)) {
    throw new WrongArray(`input "${name}" has shape [${array.shape}], not [${shape}]`);
  }
  checkLength(name, array);
  return array;
}

/** @throws {WrongArray} when there are more or fewer numbers than the shape says. */
export function checkLength(name: string, { shape, data }: AnyArray): void {
  if (data.length !== sizeOf(shape)) {
    throw new WrongArray(`"${name}" has ${data.length} numbers, but shape [${shape}] holds ${sizeOf(shape)}`);
  }
}

/** Numbers of input in one batch of inference (1 MB); a convolution's output may be some thirty times as large. */
const batchNumbers = 2 ** 18;

/** Rows of a batch of inference, from a row's width alone: memory stays bounded whatever the input. */
export function batchRows(width: number): number {
  return Math.max(1, Math.floor(batchNumbers / Math.max(1, width)));
}
