import type * as tf from "@tensorflow/tfjs";
import type { Value } from "../value.ts";

/** The order of an image's axes, for kernels that treat some axes unlike others. */
export type Order = "plain" | "nchw";

/** ONNX's order if some of the values are images in it, or in blocks, and none is in TF.js's. */
export function orderOf(values: readonly Value[]): Order {
  const images = values.every(({ shape, names }) => shape.length === 4 && names.plain === undefined);
  return images && values.some(({ names }) => names.nchw !== undefined || names.blocked !== undefined)
    ? "nchw"
    : "plain";
}

/** What is given for each axis of TF.js, put into the order. */
export function arranged<T>(perAxis: readonly T[], order: Order): T[] {
  if (order === "plain") return [...perAxis];
  const [batch, height, width, channels] = perAxis as readonly [T, T, T, T];
  return [batch, channels, height, width];
}

/** Where an axis of TF.js is in the order. */
export function positionOf(axis: number, order: Order): number {
  return order === "plain" ? axis : ([0, 2, 3, 1][axis] as number);
}

/** A value that was made in the order. */
export function inOrder(order: Order, name: string, shape: readonly number[], dtype: tf.DataType): Value {
  return { shape, dtype, names: { [order]: name } };
}

/** A value as TF.js's functions about shapes want it. */
export function infoOf({ shape, dtype }: Value): tf.TensorInfo {
  return { dataId: {}, shape: [...shape], dtype };
}
