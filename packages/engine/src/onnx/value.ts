import type { DataType } from "@tensorflow/tfjs";
import { type ElementType, elementTypes, type Graph } from "./graph.ts";

/**
 * How the elements of an image batch lie in memory. `plain` is TF.js's row-major batch × height × width × channels, and
 * what every tensor of another rank has; `nchw` is ONNX's order; `blocked` is ONNX Runtime's internal one: a tensor that
 * says batch × channels × height × width and holds batch × channels/b × height × width × b.
 */
export type Layout = "plain" | "nchw" | "blocked";

/** A tensor of a traced program: what TF.js knows of it, and its names in the graph. */
export interface Value {
  readonly shape: readonly number[];
  readonly dtype: DataType;
  /**
   * One a layout, added when a kernel asks for it; `one` is a scalar that every element equals, computed at run time, and
   * `channels` a vector that every pixel of an image equals. At least one, unless `uniform` is set.
   */
  readonly names: Partial<Record<Layout | "one" | "channels", string>>;
  /** Set when every element is this number, known now. */
  readonly uniform?: number;
  /** What the ReLU of this value became: its gradient then needs only that, and the value itself is left out. */
  relu?: Value;
  /** Set for 1 where another value is positive and 0 elsewhere: the value. */
  stepOf?: Value;
  /** Set for the gradient of a max pool's images. */
  maxPool?: { images: Value; dy: Value; whereMaximaArePositive(): Value };
  /** A smaller value that this only repeats, by ONNX's rules of broadcasting: written out when it is needed whole. */
  spread?: Value;
  /** What this is a reshape of: a chain of reshapes becomes one, and one back none. */
  source?: Value;
}

export function made(name: string, shape: readonly number[], dtype: DataType = "float32"): Value {
  return { shape, dtype, names: { plain: name } };
}

export function uniformValue(uniform: number, shape: readonly number[], dtype: DataType = "float32"): Value {
  return { shape, dtype, names: {}, uniform };
}

/** A value repeated to a larger shape, of any rank but images'. */
export function spreadValue(spread: Value, shape: readonly number[]): Value {
  return { shape, dtype: spread.dtype, names: {}, spread: spread.spread ?? spread };
}

export function elementTypeOf(dtype: DataType): ElementType {
  if (dtype in elementTypes) return dtype as ElementType;
  throw new TypeError(`a compiled program cannot hold ${dtype} tensors; use float32, int32 or bool`);
}

/** A scalar constant of the value's type. */
export function scalarLike(graph: Graph, value: Pick<Value, "dtype">, number: number): string {
  return graph.constant(elementTypeOf(value.dtype), [], [number]);
}
