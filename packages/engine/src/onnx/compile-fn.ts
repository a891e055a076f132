import { Cancelled } from "@shadowfarm/core/errors";
import type * as tf from "@tensorflow/tfjs";
import type { InferenceSession } from "onnxruntime-node";
import { batchRows, checkLength, concatenate, mapValues, sizeOf } from "../arrays.ts";
import type { Arrays, ArrayValue, Compiled, Tensors } from "../engine.ts";
import { fromOrt } from "./arrays.ts";
import { Graph } from "./graph.ts";
import { record } from "./recorder.ts";
import { onnxruntime, openSession, release, type Target } from "./runtime.ts";
import { made } from "./value.ts";

/**
 * A function of a batch, with its weights as constants: ONNX Runtime can then pack and reorder them once. Every batch has
 * the same number of rows; the last one is filled up with zeros, and what comes out for them is cut off.
 */
export function compileFn(
  target: Target,
  weights: Arrays,
  fn: (weights: Tensors, batch: tf.Tensor) => tf.Tensor,
): Compiled {
  const sessions = new Map<string, Promise<InferenceSession>>();
  for (const [name, array] of Object.entries(weights)) checkLength(name, array);

  const sessionFor = (shape: readonly number[]): Promise<InferenceSession> => {
    const known = sessions.get(shape.join()) ?? compile(target, weights, fn, shape);
    sessions.set(shape.join(), known);
    return known;
  };

  return {
    async run(input, signal) {
      checkLength("the input", input);
      const { Tensor } = onnxruntime();
      const [rows = 0, ...rowShape] = input.shape;
      const width = sizeOf(rowShape);
      const most = Math.max(1, Math.min(rows, batchRows(width)));
      const session = await sessionFor([most, ...rowShape]);
      const outputs: Float32Array[] = [];
      let outShape: readonly number[] = [];
      // An empty input goes once through the graph too: only that tells the output's shape.
      for (let first = 0; first < rows || outputs.length === 0; first += most) {
        if (signal?.aborted) throw new Cancelled();
        const count = Math.min(most, rows - first);
        const values = input.data.subarray(first * width, (first + count) * width);
        const padded = count === most ? values : new Float32Array(most * width);
        if (count < most) padded.set(values);
        const results = await session.run({ in: new Tensor("float32", padded, [most, ...rowShape]) });
        const { shape, data } = fromOrt(Object.values(results)[0]) as ArrayValue;
        outShape = shape.slice(1);
        outputs.push(data.subarray(0, count * sizeOf(outShape)));
      }
      return { shape: [rows, ...outShape], data: concatenate(outputs) };
    },
    dispose() {
      for (const session of sessions.values()) release(session);
      sessions.clear();
    },
  };
}

async function compile(
  target: Target,
  weights: Arrays,
  fn: (weights: Tensors, batch: tf.Tensor) => tf.Tensor,
  shape: readonly number[],
): Promise<InferenceSession> {
  const graph = new Graph(target);
  const input = graph.input("float32", shape, "in");
  record(graph, ({ tensor, name }) => {
    const constants = mapValues(weights, ({ shape, data }) =>
      tensor(made(graph.constant("float32", shape, data), shape)),
    );
    const output = fn(constants, tensor(made(input, shape)));
    graph.output(name(output), "float32", output.shape);
  });
  return openSession(graph, target.provider);
}
