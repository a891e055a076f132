import { Cancelled } from "@shadowfarm/core/errors";
import type * as tfTypes from "@tensorflow/tfjs";
import { concatenate, sizeOf } from "./arrays.ts";
import type { ArrayValue, Compiled } from "./engine.ts";
import { tfjs } from "./tfjs.ts";
import { turn } from "./turn.ts";

/** Numbers of input in one batch (1 MB); a convolution's output may be some thirty times as large. */
const batchNumbers = 2 ** 18;

/**
 * A function of a batch, run batch by batch with TF.js. Batches depend on the input's shape alone, so that equal inputs
 * give equal bits. `weights` belong to it from here on, and are disposed with it.
 */
export function eagerFn(
  activate: () => void,
  weights: Record<string, tfTypes.Tensor>,
  fn: (weights: Record<string, tfTypes.Tensor>, batch: tfTypes.Tensor) => tfTypes.Tensor,
): Compiled {
  const tf = tfjs();
  return {
    async run(input, signal) {
      const [rows = 0, ...rowShape] = input.shape;
      const width = sizeOf(rowShape);
      const most = Math.max(1, Math.floor(batchNumbers / Math.max(1, width)));
      const outputs: ArrayValue[] = [];
      for (let first = 0; first < rows; first += most) {
        if (signal?.aborted) throw new Cancelled();
        activate();
        const count = Math.min(most, rows - first);
        const values = input.data.subarray(first * width, (first + count) * width);
        const output = tf.tidy(() => fn(weights, tf.tensor(values, [count, ...rowShape], "float32")));
        try {
          outputs.push({ shape: output.shape, data: (await output.data()) as Float32Array });
        } finally {
          output.dispose();
        }
        await turn();
      }
      return { shape: [rows, ...(outputs[0]?.shape.slice(1) ?? [])], data: concatenate(outputs) };
    },
    dispose() {
      tf.dispose(weights);
    },
  };
}
