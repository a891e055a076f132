import { Cancelled } from "@shadowfarm/core/errors";
import type * as tfTypes from "@tensorflow/tfjs";
import { batchRows, checkLength, concatenate, sizeOf } from "./arrays.ts";
import type { Compiled, Tensors } from "./engine.ts";
import { tfjs } from "./tfjs.ts";
import { turn } from "./turn.ts";

/**
 * A function of a batch, run batch by batch with TF.js. Batches depend on the input's shape alone, so that equal inputs
 * give equal bits. `weights` belong to it from here on, and are disposed with it.
 */
export function eagerFn(
  activate: () => void,
  weights: Tensors,
  fn: (weights: Tensors, batch: tfTypes.Tensor) => tfTypes.Tensor,
): Compiled {
  const tf = tfjs();
  return {
    async run(input, signal) {
      checkLength("the input", input);
      const [rows = 0, ...rowShape] = input.shape;
      const width = sizeOf(rowShape);
      const most = batchRows(width);
      const outputs: Float32Array[] = [];
      let outShape: number[] = [];
      // An empty input goes once through the function too: only that tells the output's shape.
      for (let first = 0; first < rows || outputs.length === 0; first += most) {
        if (signal?.aborted) throw new Cancelled();
        activate();
        const count = Math.min(most, rows - first);
        const values = input.data.subarray(first * width, (first + count) * width);
        const output = tf.tidy(() => fn(weights, tf.tensor(values, [count, ...rowShape], "float32")));
        try {
          outShape = output.shape.slice(1);
          outputs.push((await output.data()) as Float32Array);
        } finally {
          output.dispose();
        }
        await turn();
      }
      return { shape: [rows, ...outShape], data: concatenate(outputs) };
    },
    dispose() {
      tf.dispose(weights);
    },
  };
}
