import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";
import { castTo, each, unary } from "./each.ts";
import { cast } from "./elementwise.ts";
import { type Kernel, type Kernels, kernel } from "./kernel.ts";

/** Exponentials, logarithms and trigonometry, on every element alone. */
export const functionKernels: Kernels = {
  Exp: kernel<{ x: Value }>((graph, { x }) =>
    each(graph, [cast(graph, x, "float32")], "float32", Math.exp, (names) => graph.op("Exp", names)),
  ),
  Log: unary("Log", Math.log),
  // Near zero, where 1 + x would lose x in single precision, right to 1e-16.
  Expm1: inDouble(Math.expm1, (graph, x, one) => graph.op("Sub", [graph.op("Exp", [x]), one])),
  Log1p: inDouble(Math.log1p, (graph, x, one) => graph.op("Log", [graph.op("Add", [x, one])])),
  Erf: unary("Erf"),

  Sin: unary("Sin", Math.sin),
  Cos: unary("Cos", Math.cos),
  Tan: unary("Tan", Math.tan),
  Asin: unary("Asin", Math.asin),
  Acos: unary("Acos", Math.acos),
  Atan: unary("Atan", Math.atan),
  Atan2: kernel<{ a: Value; b: Value }>((graph, { a, b }) =>
    each(graph, [a, b], a.dtype, Math.atan2, ([y, x]) => atan2(graph, y as string, x as string)),
  ),
  Sinh: unary("Sinh", Math.sinh),
  Cosh: unary("Cosh", Math.cosh),
  Tanh: unary("Tanh", Math.tanh),
  Asinh: unary("Asinh", Math.asinh),
  Acosh: unary("Acosh", Math.acosh),
  Atanh: unary("Atanh", Math.atanh),
};

/** A function computed in double precision, of x and the number 1. */
function inDouble(compute: (x: number) => number, emit: (graph: Graph, x: string, one: string) => string): Kernel {
  return kernel<{ x: Value }>((graph, { x }) =>
    each(graph, [x], x.dtype, compute, ([name]) => {
      const one = graph.constant("float64", [], [1]);
      return castTo(graph, emit(graph, castTo(graph, name as string, "float64"), one), "float32");
    }),
  );
}

/** The angle of (x, y): that of (|x|, y), mirrored where x < 0. A tiny number takes the place of zero under y. */
function atan2(graph: Graph, y: string, x: string): string {
  const right = graph.op("Max", [graph.op("Abs", [x]), graph.float(1.2e-38)]);
  const angle = graph.op("Atan", [graph.op("Div", [y, right])]);
  const half = graph.op("Where", [graph.op("Less", [y, graph.float(0)]), graph.float(-Math.PI), graph.float(Math.PI)]);
  return graph.op("Where", [graph.op("Less", [x, graph.float(0)]), graph.op("Sub", [half, angle]), angle]);
}
