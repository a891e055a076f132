import type * as tf from "@tensorflow/tfjs";
import { UnsupportedKernel } from "../../errors.ts";
import type { Graph } from "../graph.ts";
import { plain } from "../layout.ts";
import { made, scalarLike, type Value } from "../value.ts";
import { each, unary } from "./each.ts";
import { cast } from "./elementwise.ts";
import { withRelu } from "./fusion.ts";
import { type Kernels, kernel } from "./kernel.ts";

/** Activations of neural networks, and what their gradients need. */
export const activationKernels: Kernels = {
  Relu: kernel<{ x: Value }>((graph, { x }) => {
    x.relu ??= withRelu(graph, x) ?? (relu(graph, { x }, {}) as Value);
    return x.relu;
  }),
  Relu6: kernel<{ x: Value }>((graph, { x }) =>
    each(
      graph,
      [x],
      x.dtype,
      (number) => Math.min(Math.max(0, number), 6),
      ([name]) => graph.op("Clip", [name as string, scalarLike(graph, x, 0), scalarLike(graph, x, 6)]),
    ),
  ),
  LeakyRelu: kernel<{ x: Value }, tf.LeakyReluAttrs>((graph, { x }, { alpha }) =>
    each(graph, [cast(graph, x, "float32")], "float32", undefined, (names) =>
      graph.op("LeakyRelu", names, { alpha: { float: alpha } }),
    ),
  ),
  Prelu: kernel<{ x: Value; alpha: Value }>((graph, { x, alpha }) =>
    each(graph, [x, alpha], "float32", undefined, (names) => graph.op("PRelu", names)),
  ),
  Elu: unary("Elu"),
  // dy · (min(y, 0) + 1)
  EluGrad: kernel<{ dy: Value; y: Value }>((graph, { dy, y }) =>
    each(graph, [dy, y], "float32", undefined, ([gradient, name]) => {
      const slope = graph.op("Add", [graph.op("Min", [name as string, graph.float(0)]), graph.float(1)]);
      return graph.op("Mul", [gradient as string, slope]);
    }),
  ),
  Selu: unary("Selu"),
  Sigmoid: unary("Sigmoid", (x) => 1 / (1 + Math.exp(-x))),
  Softplus: unary("Softplus"),
  // 1 where x > 0, else alpha. After a ReLU its output says so too, and x itself need not be kept. Of NaN, TF.js makes
  // NaN; here an alpha other than 0 makes alpha, and one node less: the value whose slope this is stays NaN.
  Step: kernel<{ x: Value }, tf.StepAttrs>((graph, { x }, { alpha }) => {
    const of = x.relu ?? x;
    if (alpha === 0 && x.dtype === "float32") return positive(graph, of);
    return each(
      graph,
      [of],
      x.dtype,
      (number) => (number > 0 ? 1 : alpha),
      ([name]) => {
        const isPositive = graph.op("Greater", [name as string, scalarLike(graph, x, 0)]);
        return graph.op("Where", [isPositive, scalarLike(graph, x, 1), scalarLike(graph, x, alpha)]);
      },
    );
  }),
  // TF.js allows the last axis alone.
  Softmax: kernel<{ logits: Value }>((graph, { logits }) =>
    made(graph.op("Softmax", [plain(graph, logits)], { axis: { int: -1 } }), logits.shape),
  ),
};

/**
 * 1 where a float is positive, else 0, in half the time of a comparison and a cast: as the steepest straight line there is,
 * cut off below 0 and above 1. Only numbers under 3e-39 are on its way up.
 */
export function positive(graph: Graph, x: Value): Value {
  const line = { alpha: { float: 3.4e38 }, beta: { float: 0 } };
  const slope = each(
    graph,
    [x],
    "float32",
    (number) => Number(number > 0),
    (names) => graph.op("HardSigmoid", names, line),
  );
  return { ...slope, stepOf: x };
}

const relu = unary("Relu", (x) => Math.max(0, x));

/** What a fused kernel says of its activation, and the slopes that it learns. */
interface FusedActivation {
  activation?: string | undefined;
  leakyreluAlpha?: number | undefined;
  prelu?: Value | undefined;
}

/** The activation of a fused kernel. */
export function activate(
  graph: Graph,
  x: Value,
  kernelName: string,
  { activation, leakyreluAlpha, prelu }: FusedActivation,
): Value {
  if (activation === undefined || activation === null || activation === "linear") return x;
  const name = activations[activation];
  const emit = name === undefined ? undefined : activationKernels[name];
  if (emit === undefined) throw new UnsupportedKernel(kernelName, `with activation "${activation}" has no expression`);
  return emit(graph, prelu === undefined ? { x } : { x, alpha: prelu }, { alpha: leakyreluAlpha }) as Value;
}

/** TF.js's names of activations in fused kernels. */
const activations: Readonly<Record<string, string>> = {
  relu: "Relu",
  relu6: "Relu6",
  elu: "Elu",
  sigmoid: "Sigmoid",
  leakyrelu: "LeakyRelu",
  prelu: "Prelu",
};
