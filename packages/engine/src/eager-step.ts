import type * as tfTypes from "@tensorflow/tfjs";
import { checkArray, mapValues, sizeOf, toTensors } from "./arrays.ts";
import { uniformNumbers } from "./counter-hash.ts";
import type { AnyArray, ArraySpec, Step, StepContext, Tensors } from "./engine.ts";
import { tfjs } from "./tfjs.ts";

/** A function of arrays of fixed shapes, run with TF.js. */
export function eagerStep(
  activate: () => void,
  inputs: Readonly<Record<string, ArraySpec>>,
  fn: (inputs: Tensors, context: Pick<StepContext, "uniform">) => Tensors,
): Step {
  const tf = tfjs();
  return {
    async run(values, { seed = 0, step = 0 } = {}) {
      const checked = mapValues(inputs, (spec, name) => checkArray(name, values[name], spec));
      activate();
      let call = 0;
      const uniform = (shape: readonly number[]): tfTypes.Tensor =>
        tf.tensor(uniformNumbers(seed, step, call++, sizeOf(shape)), [...shape]);
      const outputs = tf.tidy(() => fn(toTensors(checked), { uniform }));
      try {
        const arrays: Record<string, AnyArray> = {};
        for (const [name, tensor] of Object.entries(outputs)) {
          const data = await tensor.data();
          const numbers = tensor.dtype === "float32" ? Float32Array : Int32Array;
          arrays[name] = { shape: tensor.shape, data: numbers.from(data) };
        }
        return arrays;
      } finally {
        tf.dispose(outputs);
      }
    },
    dispose() {},
  };
}
