import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";

/** A TF.js kernel as ONNX nodes. Inputs go by TF.js's names; of a list (`Concat`, `AddN`) by their position. */
export type Kernel = (
  graph: Graph,
  inputs: Readonly<Record<string, Value>>,
  attributes: Readonly<Record<string, unknown>>,
) => Value | Value[];

export type Kernels = Readonly<Record<string, Kernel>>;

/** Gives a kernel the types of its own inputs and attributes, and erases to nothing. */
export function kernel<Inputs, Attributes = unknown>(
  emit: (graph: Graph, inputs: Inputs, attributes: Attributes) => Value | Value[],
): Kernel {
  return emit as Kernel;
}
