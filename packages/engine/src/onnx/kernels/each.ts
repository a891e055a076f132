import type { DataType } from "@tensorflow/tfjs";
import { tfjs } from "../../tfjs.ts";
import { type ElementType, elementTypes, type Graph } from "../graph.ts";
import { elementwise } from "../layout.ts";
import { elementTypeOf, uniformValue, type Value } from "../value.ts";
import { type Kernel, kernel } from "./kernel.ts";

/** What TF.js computes of each element; applied right away to operands that are uniform. */
export type Compute = (...numbers: number[]) => number;

/** One operator on one operand, of the same type. */
export function unary(op: string, compute?: Compute): Kernel {
  return kernel<{ x: Value }>((graph, { x }) =>
    each(graph, [x], x.dtype, compute, (names) => typed(graph, op, names, x.dtype)),
  );
}

/** One operator on two operands that broadcast, of the type of the first; `shortcut` may know something better. */
export function binary(
  op: string,
  compute: Compute,
  shortcut?: (graph: Graph, a: Value, b: Value) => Value | undefined,
): Kernel {
  return kernel<{ a: Value; b: Value }>((graph, { a, b }) => {
    const known = a.uniform !== undefined && b.uniform !== undefined;
    const better = known ? undefined : shortcut?.(graph, a, b);
    return better ?? each(graph, [a, b], a.dtype, compute, (names) => typed(graph, op, names, a.dtype));
  });
}

/** Some nodes on operands that broadcast; `emit` is given a name for each. */
export function each(
  graph: Graph,
  operands: readonly Value[],
  dtype: DataType,
  compute: Compute | undefined,
  emit: (names: string[]) => string,
): Value {
  const shape = operands.reduce<number[]>((all, operand) => broadcast(all, operand.shape), []);
  const numbers = operands.flatMap(({ uniform }) => (uniform === undefined ? [] : [uniform]));
  if (compute !== undefined && numbers.length === operands.length) {
    return uniformValue(rounded(compute(...numbers), dtype), shape, dtype);
  }
  return elementwise(graph, operands, shape, dtype, emit);
}

/** Operators that ONNX Runtime has for int32 as well. */
const integerOps = new Set([
  "Abs",
  "Add",
  "BitwiseAnd",
  "Div",
  "Max",
  "Min",
  "Mod",
  "Mul",
  "Neg",
  "Pow",
  "Relu",
  "Sign",
  "Sub",
]);

/** An operator whose operands and result have one type, through another type when it has no implementation for that. */
function typed(graph: Graph, op: string, names: string[], dtype: DataType): string {
  const whole = integerOps.has(op);
  if (dtype === "float32" || (dtype === "int32" && whole)) return graph.op(op, names);
  const through = names.map((name) => castTo(graph, name, whole ? "int32" : "float32"));
  return castTo(graph, graph.op(op, through), elementTypeOf(dtype));
}

export function castTo(graph: Graph, name: string, type: ElementType): string {
  return graph.op("Cast", [name], { to: { int: elementTypes[type] } });
}

export function broadcast(a: readonly number[], b: readonly number[]): number[] {
  return tfjs().broadcast_util.assertAndGetBroadcastShape([...a], [...b]);
}

/** A number as an element of this type holds it. */
export function rounded(number: number, dtype: DataType): number {
  if (dtype === "float32") return Math.fround(number);
  return dtype === "bool" ? Number(number !== 0) : number | 0;
}
