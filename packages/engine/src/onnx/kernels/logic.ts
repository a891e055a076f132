import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";
import { type Compute, castTo, each } from "./each.ts";
import { cast } from "./elementwise.ts";
import { type Kernel, type Kernels, kernel } from "./kernel.ts";

/** Comparisons, and what is done with their results. */
export const logicKernels: Kernels = {
  Equal: comparison("Equal", (a, b) => Number(a === b)),
  NotEqual: kernel<{ a: Value; b: Value }>((graph, { a, b }) =>
    each(
      graph,
      [a, b],
      "bool",
      (x, y) => Number(x !== y),
      (names) => graph.op("Not", [graph.op("Equal", names)]),
    ),
  ),
  Greater: comparison("Greater", (a, b) => Number(a > b)),
  GreaterEqual: comparison("GreaterOrEqual", (a, b) => Number(a >= b)),
  Less: comparison("Less", (a, b) => Number(a < b)),
  LessEqual: comparison("LessOrEqual", (a, b) => Number(a <= b)),

  IsNan: test(Number.isNaN, (graph, name) => graph.op("IsNaN", [name])),
  IsInf: test(
    (x) => Math.abs(x) === Infinity,
    (graph, name) => graph.op("IsInf", [name]),
  ),
  // Infinity is not less than itself, and NaN than nothing.
  IsFinite: test(Number.isFinite, (graph, name) => graph.op("Less", [graph.op("Abs", [name]), graph.float(Infinity)])),

  LogicalAnd: comparison("And", (a, b) => a && b),
  LogicalOr: comparison("Or", (a, b) => a || b),
  LogicalNot: kernel<{ x: Value }>((graph, { x }) =>
    each(
      graph,
      [x],
      "bool",
      (number) => 1 - number,
      (names) => graph.op("Not", names),
    ),
  ),
  Select: kernel<{ condition: Value; t: Value; e: Value }>((graph, { condition, t, e }) => {
    const dtype = upcast(t, e);
    return select(graph, condition, cast(graph, t, dtype), cast(graph, e, dtype));
  }),
};

function comparison(op: string, compute: Compute): Kernel {
  return kernel<{ a: Value; b: Value }>((graph, { a, b }) =>
    each(graph, [a, b], "bool", compute, (names) => {
      // Of two booleans, ONNX tells which is greater only after they are numbers.
      const ordered = a.dtype === "bool" && (op.startsWith("Greater") || op.startsWith("Less"));
      return graph.op(op, ordered ? names.map((name) => castTo(graph, name, "int32")) : names);
    }),
  );
}

/** A question about float numbers; whole ones are asked as such. */
function test(compute: (x: number) => boolean, emit: (graph: Graph, name: string) => string): Kernel {
  return kernel<{ x: Value }>((graph, { x }) =>
    each(
      graph,
      [cast(graph, x, "float32")],
      "bool",
      (number) => Number(compute(number)),
      ([name]) => emit(graph, name as string),
    ),
  );
}

function select(graph: Graph, condition: Value, t: Value, e: Value): Value {
  if (condition.uniform !== undefined) return condition.uniform === 1 ? t : e;
  if (t.uniform === 1 && e.uniform === 0) return cast(graph, condition, t.dtype);
  return each(graph, [condition, t, e], t.dtype, undefined, (names) => {
    const [which, yes, no] = names as [string, string, string];
    if (t.dtype !== "bool") return graph.op("Where", names);
    // ONNX Runtime does not choose between booleans.
    return graph.op("Or", [graph.op("And", [which, yes]), graph.op("And", [graph.op("Not", [which]), no])]);
  });
}

/** The wider of two types: float32 over int32 over bool. */
function upcast(t: Value, e: Value): Value["dtype"] {
  const order = ["float32", "int32", "bool"] as const;
  return order.find((dtype) => dtype === t.dtype || dtype === e.dtype) ?? t.dtype;
}
