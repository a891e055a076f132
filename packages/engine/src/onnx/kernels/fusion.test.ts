import type * as tfTypes from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import type { Tensors } from "../../engine.ts";
import { UnsupportedKernel } from "../../errors.ts";
import { tfjs } from "../../tfjs.ts";
import { Graph } from "../graph.ts";
import { record } from "../recorder.ts";
import { made } from "../value.ts";

type Images = tfTypes.Tensor4D;

/** The operators that a function of these inputs needs, in order, without those that only rename what is in memory. */
function operators(
  block: number,
  shapes: Record<string, readonly number[]>,
  fn: (inputs: Tensors) => tfTypes.Tensor[],
): string[] {
  const graph = new Graph({ block });
  record(graph, ({ tensor, name }) => {
    const inputs = Object.entries(shapes).map(([input, shape]) => [
      input,
      tensor(made(graph.input("float32", shape), shape)),
    ]);
    for (const output of fn(Object.fromEntries(inputs))) graph.output(name(output), "float32", output.shape);
  });
  return graph.needed().nodes.flatMap(({ op }) => (op === "Reshape" ? [] : [op]));
}

const layer = { x: [2, 8, 8, 16], filter: [3, 3, 16, 16], bias: [16] };

function convolved({ x, filter, bias }: Tensors): tfTypes.Tensor {
  return tfjs().add(tfjs().conv2d(x as Images, filter as Images, 1, "same"), bias as tfTypes.Tensor);
}

describe("fusion", () => {
  test("a convolution, its bias and its ReLU are one blocked node", () => {
    const made = operators(16, layer, (inputs) => [tfjs().relu(convolved(inputs))]);
    expect(made).toEqual(["Transpose", "ReorderInput", "Conv", "ReorderOutput"]);
  });

  test("ONNX's convolution takes the bias; ONNX Runtime adds the ReLU", () => {
    const made = operators(0, layer, (inputs) => [tfjs().relu(convolved(inputs))]);
    expect(made).toEqual(["Transpose", "Transpose", "Conv", "Relu", "Transpose"]);
  });

  test("a chain of layers stays in the order of the first", () => {
    const chain = (inputs: Tensors) => {
      const first = tfjs().maxPool(tfjs().relu(convolved(inputs)) as Images, 2, 2, "same");
      return [tfjs().avgPool(tfjs().relu(convolved({ ...inputs, x: first })) as Images, 2, 2, "same")];
    };
    const blocked = operators(16, layer, chain);
    expect(blocked.filter((op) => op.startsWith("Reorder"))).toEqual(["ReorderInput", "ReorderOutput"]);
    // In, out, and one for the filter of both convolutions.
    expect(operators(0, layer, chain).filter((op) => op === "Transpose")).toHaveLength(3);
  });

  test("what is used before its ReLU too is computed for both", () => {
    const both = (inputs: Tensors) => {
      const images = convolved(inputs);
      return [images, tfjs().relu(images)];
    };
    expect(operators(16, layer, both).filter((op) => op === "Conv")).toHaveLength(2);
  });

  test("a ReLU's gradient behind a max pool looks at the pool's output alone", () => {
    const shapes = { x: [2, 8, 8, 16], dy: [2, 4, 4, 16] };
    const slope = ({ x, dy }: Tensors) => [
      tfjs().grad((images) => tfjs().maxPool(tfjs().relu(images as Images), 2, 2, "same"))(
        x as tfTypes.Tensor,
        dy as tfTypes.Tensor,
      ),
    ];
    // Twice: once for the smaller images, and once to hand the gradient on.
    expect(operators(16, shapes, slope).filter((op) => op === "Mul")).toHaveLength(2);
  });
});

describe("what has no expression", () => {
  const refused = (fn: (images: Images) => tfTypes.Tensor) => () =>
    operators(0, { x: [1, 4, 6, 3] }, ({ x }) => [fn(x as Images)]);

  test.each<[string, (images: Images) => tfTypes.Tensor]>([
    ["data format NCHW", (x) => tfjs().conv2d(x, tfjs().ones([1, 1, 4, 2]) as Images, 1, "same", "NCHW")],
    ["int32 images", (x) => tfjs().maxPool(tfjs().cast(x, "int32"), 2, 2, "same")],
    ["a number as padding", (x) => tfjs().conv2d(x, tfjs().ones([3, 1, 3, 2]) as Images, 1, 0)],
    ["whole windows fit", (x) => tfjs().maxPool(x, 1, 1, 1)],
    ["windows larger than the images", (x) => tfjs().maxPool(x, 5, 1, "valid")],
    ["fill mode wrap", (x) => tfjs().image.transform(x, tfjs().zeros([1, 8]), "nearest", "wrap")],
  ])("says so of %s", (words, fn) => {
    expect(refused(fn)).toThrow(UnsupportedKernel);
    expect(refused(fn)).toThrow(words);
  });
});
