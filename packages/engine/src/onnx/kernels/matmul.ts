import type * as tf from "@tensorflow/tfjs";
import { tfjs } from "../../tfjs.ts";
import type { Graph } from "../graph.ts";
import { plain } from "../layout.ts";
import { made, type Value } from "../value.ts";
import { activate } from "./activation.ts";
import { add } from "./elementwise.ts";
import { type Kernels, kernel } from "./kernel.ts";
import { reshape, transpose } from "./shape.ts";

interface FusedInputs {
  a: Value;
  b: Value;
  bias?: Value;
  preluActivationWeights?: Value;
}

/** Matrix products, and sums of products over any axes. */
export const matmulKernels: Kernels = {
  BatchMatMul: kernel<{ a: Value; b: Value }, tf.BatchMatMulAttrs>((graph, { a, b }, { transposeA, transposeB }) =>
    matmul(graph, a, b, transposeA, transposeB),
  ),
  _FusedMatMul: kernel<FusedInputs, tf._FusedMatMulAttrs>(
    (graph, { a, b, bias, preluActivationWeights }, attributes) => {
      const { transposeA, transposeB, ...activation } = attributes;
      const product = matmul(graph, a, b, transposeA, transposeB);
      // In two dimensions, if it was computed so, where a bias and an activation may become part of the product.
      const flat = product.source ?? product;
      const sum = bias === undefined ? flat : add(graph, flat, bias);
      const active = activate(graph, sum, "_FusedMatMul", { ...activation, prelu: preluActivationWeights });
      return reshape(graph, active, product.shape);
    },
  ),
  Einsum: (graph, inputs, { equation }) => {
    const operands = Object.values(inputs);
    const [terms, result] = String(equation).split("->") as [string, string];
    const letters = terms
      .split(",")
      .flatMap((term, at) => [...term].map((letter, axis) => [letter, operands[at]?.shape[axis]]));
    const sizes: Record<string, number> = Object.fromEntries(letters);
    const names = operands.map((operand) => plain(graph, operand));
    const shape = [...result].map((letter) => sizes[letter] as number);
    return made(graph.op("Einsum", names, { equation: { text: String(equation) } }), shape, operands[0]?.dtype);
  },
};

function matmul(graph: Graph, a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
  const batch = tfjs().broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, a.shape.at(transposeA ? -1 : -2) as number, b.shape.at(transposeB ? -2 : -1) as number];
  // TF.js's layers make every matrix a batch of one before they multiply, and undo it after: not in the graph.
  if (shape.length > 2 && isMatrix(a) && isMatrix(b) && (isReshaped(a) || isReshaped(b))) {
    const [flatA, flatB] = [a, b].map((operand) => reshape(graph, operand, operand.shape.slice(-2))) as [Value, Value];
    return reshape(graph, matmul(graph, flatA, flatB, transposeA, transposeB), shape);
  }
  if (a.dtype !== "float32") {
    const [left, right] = [transposeA ? turned(graph, a) : a, transposeB ? turned(graph, b) : b];
    return made(graph.op("MatMul", [plain(graph, left), plain(graph, right)]), shape, a.dtype);
  }
  const names = [plain(graph, a), plain(graph, b)];
  const transA = { int: transposeA ? 1 : 0 };
  const transB = { int: transposeB ? 1 : 0 };
  // Gemm can take a bias later (fusion.ts); batches are ONNX Runtime's own operator, or the standard one.
  if (shape.length === 2) return made(graph.op("Gemm", names, { transA, transB }), shape);
  if (!transposeA && !transposeB) return made(graph.op("MatMul", names), shape);
  return made(graph.op("FusedMatMul", names, { transA, transB }, "com.microsoft"), shape);
}

/** Whether a batch holds one matrix alone. */
function isMatrix({ shape }: Value): boolean {
  return shape.slice(0, -2).every((size) => size === 1);
}

/** Whether another shape of it costs nothing. */
function isReshaped({ shape, source, uniform }: Value): boolean {
  return shape.length === 2 || source !== undefined || uniform !== undefined;
}

/** ONNX Runtime transposes only floats as part of a product. */
function turned(graph: Graph, x: Value): Value {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(graph, x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}
