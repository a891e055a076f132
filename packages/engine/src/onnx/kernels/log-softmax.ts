import type { Graph, Node } from "../graph.ts";
import { made, type Value } from "../value.ts";

/**
 * `shifted − log Σ exp(shifted)` along the last axis, where `shifted` is x less its largest: TF.js's log-softmax, as the one
 * operator that ONNX has for it. Fewer nodes, and every row is summed the same way wherever it lies in memory.
 */
export function asLogSoftmax(graph: Graph, shifted: Value, logSum: Value): Value | undefined {
  const last = graph.ints([shifted.shape.length - 1]);
  const madeBy = (name: string | undefined, op: string): Node | undefined => {
    const node = graph.producer(name ?? "");
    return node?.op === op ? node : undefined;
  };
  const along = (node: Node | undefined) => (node?.inputs[1] === last ? node : undefined);
  const log = madeBy(logSum.names.plain, "Log");
  const sum = along(madeBy(log?.inputs[0], "ReduceSum"));
  const exp = madeBy(sum?.inputs[0], "Exp");
  if (exp === undefined || exp.inputs[0] !== shifted.names.plain) return undefined;
  const difference = madeBy(shifted.names.plain, "Sub");
  const largest = along(madeBy(difference?.inputs[1], "ReduceMax"));
  const x = difference?.inputs[0];
  if (x === undefined || largest?.inputs[0] !== x) return undefined;
  return made(graph.op("LogSoftmax", [x], { axis: { int: -1 } }), shifted.shape);
}
