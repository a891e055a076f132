import type { Graph, Node } from "../graph.ts";
import { plain } from "../layout.ts";
import { type Layout, made, type Value } from "../value.ts";

/**
 * `a + b` as one node, when one of them is a matrix product or a convolution that has no bias yet and the other one number
 * a column or channel. The product alone is left out of the graph, unless something else needs it.
 */
export function withBias(graph: Graph, a: Value, b: Value): Value | undefined {
  return (
    gemmWithBias(graph, a, b) ??
    gemmWithBias(graph, b, a) ??
    convolutionWithBias(graph, a, b) ??
    convolutionWithBias(graph, b, a)
  );
}

/**
 * The ReLU of a value as part of the node that makes it, where that has room for it. ONNX's own Conv has none; ONNX Runtime
 * finds a ReLU after it by itself.
 */
export function withRelu(graph: Graph, x: Value): Value | undefined {
  const { node, layout } = convolutionOf(graph, x) ?? {};
  if (node === undefined || layout !== "blocked" || "activation" in node.attributes) return undefined;
  const attributes = { ...node.attributes, activation: { text: "Relu" } };
  return { ...x, names: { blocked: graph.op(node.op, node.inputs, attributes, node.domain) } };
}

/**
 * `a · b` where one is a ReLU's gradient and the other one a max pool's behind it: what reaches an element is multiplied by
 * whether it is positive, and so is its window's maximum, of which there are fewer.
 */
export function beforePool(a: Value, b: Value): Value | undefined {
  const { maxPool } = a.maxPool === undefined ? b : a;
  const { stepOf } = a.maxPool === undefined ? a : b;
  return maxPool !== undefined && stepOf === maxPool.images ? maxPool.whereMaximaArePositive() : undefined;
}

function gemmWithBias(graph: Graph, product: Value, bias: Value): Value | undefined {
  const node = graph.producer(product.names.plain ?? "");
  const columns = product.shape[1];
  if (node?.op !== "Gemm" || node.inputs.length !== 2 || bias.uniform !== undefined) return undefined;
  if (bias.shape.length !== 1 || bias.shape[0] !== columns) return undefined;
  return made(graph.op("Gemm", [...node.inputs, plain(graph, bias)], node.attributes), product.shape);
}

function convolutionWithBias(graph: Graph, images: Value, bias: Value): Value | undefined {
  const { node, layout } = convolutionOf(graph, images) ?? {};
  if (node === undefined || layout === undefined || node.inputs.length !== 2 || "activation" in node.attributes)
    return undefined;
  const channels = images.shape[3] as number;
  // Every other dimension of it is 1, or it would have more numbers.
  const isVector =
    bias.shape.at(-1) === channels && bias.shape.every((size, axis) => size === 1 || axis === bias.shape.length - 1);
  if (bias.uniform !== undefined || !isVector) return undefined;
  const vector = graph.op("Reshape", [plain(graph, bias), graph.ints([channels])]);
  const name = graph.op(node.op, [...node.inputs, vector], node.attributes, node.domain);
  return { shape: images.shape, dtype: images.dtype, names: { [layout]: name } };
}

/** The convolution that makes a value, and the layout in which it does. */
function convolutionOf(graph: Graph, { names }: Value): { node: Node; layout: Layout } | undefined {
  for (const layout of ["blocked", "nchw"] as const) {
    const node = graph.producer(names[layout] ?? "");
    if (node?.op === "Conv" || node?.op === "ConvTranspose") return { node, layout };
  }
  return undefined;
}
