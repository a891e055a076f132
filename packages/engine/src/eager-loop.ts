import { Cancelled, TrainingDiverged } from "@shadowfarm/core/errors";
import type * as tfTypes from "@tensorflow/tfjs";
import { concatenate, mapValues, sizeOf, toTensors } from "./arrays.ts";
import { uniformNumbers } from "./counter-hash.ts";
import type { Loop, LoopProgram, Optimizer } from "./engine.ts";
import { tfjs } from "./tfjs.ts";
import { turn } from "./turn.ts";

/** Computing holds the event loop for about this long at most, or for one step if that takes longer. */
const blockMs = 50;
/** Steps whose losses are read back together: on a GPU, reading one waits for it. */
const blockSteps = 64;

/** A training program, run step by step with TF.js's own gradients and optimizers. */
export function eagerLoop(activate: () => void, program: LoopProgram): Loop {
  const tf = tfjs();
  const names = Object.keys(program.weights);
  const shapes = Object.values(program.weights).map(({ shape }) => [...shape]);
  const sizes = shapes.map(sizeOf);
  // All weights live in one flat variable, so that the optimizer's dozen operations run once and not once a weight. They
  // are element-wise: the numbers stay the same.
  const flat = tf.tidy(() => tf.variable(tf.tensor1d(concatenate(Object.values(program.weights)))));
  const data = toTensors(program.data);
  const records = Math.min(...Object.values(program.data).map(({ shape }) => shape[0] ?? 0));
  const optimizer = optimizerOf(program.optimizer);
  let stepsDone = 0;
  let lastFiniteLoss: number | null = null;

  const named = <T>(values: T[]) => Object.fromEntries(values.map((value, at) => [names[at] as string, value]));

  const runStep = (rows: Uint32Array): tfTypes.Scalar =>
    tf.tidy(() => {
      const step = stepsDone++;
      let call = 0;
      const uniform = (shape: number[]): tfTypes.Tensor =>
        tf.tensor(uniformNumbers(program.seed, step, call++, sizeOf(shape)), shape);
      const index = tf.tensor1d(Int32Array.from(rows), "int32");
      const batch = mapValues(data, (values) => tf.gather(values, index));
      const weights = tf.split(flat, sizes).map((part, at) => reshaped(part, shapes[at] as number[]));
      const lossOf = (...tensors: tfTypes.Tensor[]) => program.loss(named(tensors), batch, { uniform });
      const { value, grads } = tf.valueAndGrads(lossOf)(weights);
      const gradient = tf.concat(grads.map((part) => reshaped(part, [part.size])));
      optimizer.applyGradients([{ name: flat.name, tensor: gradient }]);
      return value as tfTypes.Scalar;
    });

  const readLosses = async (block: tfTypes.Scalar[]): Promise<number[]> => {
    const losses = await Promise.all(block.map(async (loss) => (await loss.data())[0] as number));
    losses.forEach((loss, at) => {
      if (!Number.isFinite(loss)) {
        const step = stepsDone - block.length + at;
        throw new TrainingDiverged({ step, learningRate: program.optimizer.learningRate, lastFiniteLoss });
      }
      lastFiniteLoss = loss;
    });
    return losses;
  };

  return {
    async run(indices, batch, signal) {
      checkIndices(indices, batch, records);
      const losses = new Float32Array(indices.length / batch);
      for (let done = 0; done < losses.length; ) {
        if (signal?.aborted) throw new Cancelled();
        activate();
        const block: tfTypes.Scalar[] = [];
        const most = Math.min(blockSteps, losses.length - done);
        const started = performance.now();
        try {
          do {
            const first = (done + block.length) * batch;
            block.push(runStep(indices.subarray(first, first + batch)));
          } while (block.length < most && performance.now() - started < blockMs);
          losses.set(await readLosses(block), done);
        } finally {
          tf.dispose(block);
        }
        done += block.length;
        await turn();
      }
      return losses;
    },
    async weights() {
      const values = (await flat.data()) as Float32Array;
      let first = 0;
      return named(
        shapes.map((shape) => {
          const data = values.slice(first, first + sizeOf(shape));
          first += data.length;
          return { shape, data };
        }),
      );
    },
    dispose() {
      optimizer.dispose();
      // Momentum forgets the scalar that it inherits from SGD.
      if (optimizer instanceof tf.MomentumOptimizer) tf.dispose(Reflect.get(optimizer, "c"));
      flat.dispose();
      tf.dispose(data);
    },
  };
}

function optimizerOf({ name, learningRate }: Optimizer): tfTypes.Optimizer {
  const { train } = tfjs();
  switch (name) {
    case "sgd":
      return train.sgd(learningRate);
    case "momentum":
      return train.momentum(learningRate, 0.9);
    case "adam":
      return train.adam(learningRate);
    case "rmsprop":
      return train.rmsprop(learningRate);
  }
}

/** Spares the operation for what is flat already, as biases are. */
function reshaped(tensor: tfTypes.Tensor, shape: number[]): tfTypes.Tensor {
  return tensor.rank === 1 && shape.length === 1 ? tensor : tfjs().reshape(tensor, shape);
}

/** A backend would read past the end of the data without a word. */
function checkIndices(indices: Uint32Array, batch: number, records: number): void {
  if (!Number.isInteger(batch) || batch < 1 || indices.length % batch !== 0) {
    throw new RangeError(`${indices.length} indices are not a whole number of batches of ${batch}`);
  }
  for (const row of indices) if (row >= records) throw new RangeError(`row ${row} of ${records} records`);
}
