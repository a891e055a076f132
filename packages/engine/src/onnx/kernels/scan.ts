import type * as tf from "@tensorflow/tfjs";
import { tfjs } from "../../tfjs.ts";
import { plain } from "../layout.ts";
import { made, scalarLike, type Value } from "../value.ts";
import { cast } from "./elementwise.ts";
import { type Kernels, kernel } from "./kernel.ts";

/** Kernels of which each number depends on those before it along an axis. */
export const scanKernels: Kernels = {
  Cumsum: kernel<{ x: Value }, tf.CumsumAttrs>((graph, { x }, { axis, exclusive, reverse }) => {
    const numbers = x.dtype === "bool" ? cast(graph, x, "int32") : x;
    const [at] = tfjs().util.parseAxisParam(axis, [...x.shape]) as [number];
    const attributes = { exclusive: { int: exclusive ? 1 : 0 }, reverse: { int: reverse ? 1 : 0 } };
    return made(graph.op("CumSum", [plain(graph, numbers), graph.int(at)], attributes), x.shape, numbers.dtype);
  }),
  // ONNX has none: each number times the one before it, then times the one two before, four before, and so on.
  Cumprod: kernel<{ x: Value }, tf.CumprodAttrs>((graph, { x }, { axis, exclusive, reverse }) => {
    const numbers = x.dtype === "bool" ? cast(graph, x, "int32") : x;
    const [at] = tfjs().util.parseAxisParam(axis, [...x.shape]) as [number];
    /** Moves all numbers on by some places, and ones into the first: padding at one end, and less than none at the other. */
    const moved = (name: string, by: number) => {
      const pads = [...x.shape, ...x.shape].fill(0);
      pads[at] = reverse ? -by : by;
      pads[at + x.shape.length] = -(pads[at] as number);
      return graph.op("Pad", [name, graph.ints(pads), scalarLike(graph, numbers, 1)]);
    };
    let product = exclusive ? moved(plain(graph, numbers), 1) : plain(graph, numbers);
    for (let by = 1; by < (x.shape[at] as number); by *= 2) product = graph.op("Mul", [product, moved(product, by)]);
    return made(product, x.shape, numbers.dtype);
  }),
};
