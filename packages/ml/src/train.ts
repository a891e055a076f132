import { InvalidInput } from "@shadowfarm/core/errors";
import type { Rng } from "@shadowfarm/core/rng";
import type { Training } from "@shadowfarm/core/training";
import type { ArrayValue, Engine } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { crossEntropy, sumOfSquares } from "./loss.ts";
import { forward, initialize, type Layer } from "./network.ts";

/** A network to train, and the records to train it on. */
export interface TrainOptions {
  layers: readonly Layer[];
  /** Shape of one record. */
  inputShape: readonly number[];
  classes: number;
  features: Float32Array; // records × inputShape
  labels: Int32Array; // records; 0 … classes − 1
  training: Training;
  /** First weights, batch order and dropout masks all follow from it. */
  rng: Rng;
  signal?: AbortSignal | undefined;
  /** Called after each epoch. */
  onProgress?: ((progress: { epoch: number; epochs: number; loss: number }) => void) | undefined;
}

export interface Trained {
  weights: Record<string, ArrayValue>;
  losses: Float64Array; // epochs; mean loss over the epoch's records, L2 penalty included
}

/**
 * Trains a classifier: softmax cross-entropy plus `l2` × the sum of squared kernels. Every epoch visits every record
 * once, in a new order; what is left over after the full batches is a last, smaller batch. With fewer records than
 * `batch`, all of them are one batch.
 *
 * @throws {InvalidInput} when layers, records and labels do not fit each other.
 * @throws {TrainingDiverged} when the loss stops being finite.
 * @throws {Cancelled} once `signal` is aborted.
 */
export async function train(engine: Engine, options: TrainOptions): Promise<Trained> {
  const { layers, inputShape, classes, features, labels, training, rng, signal, onProgress } = options;
  const tf = tfjs();
  const records = labels.length;
  const width = inputShape.reduce((product, size) => product * size, 1);
  if (records === 0) throw new InvalidInput("there are no records to train on");
  if (features.length !== records * width) {
    throw new InvalidInput(`${features.length} features are not ${records} records of shape [${inputShape}]`);
  }
  const loop = engine.compileLoop({
    weights: initialize(layers, inputShape, classes, rng.child("weights")),
    data: {
      features: { shape: [records, ...inputShape], data: features },
      targets: { shape: [records, classes], data: oneHot(labels, classes) },
    },
    optimizer: { name: training.optimizer, learningRate: training.learningRate },
    seed: rng.child("noise").uint32(),
    loss(weights, batch, { uniform }) {
      const logits = forward(layers, weights, batch.features as tfTypes.Tensor, { training: true, uniform });
      const loss = crossEntropy(logits, batch.targets as tfTypes.Tensor);
      if (training.l2 === 0) return loss;
      const kernels = Object.keys(weights).filter((name) => name.endsWith("/kernel"));
      const squares = sumOfSquares(kernels.map((name) => weights[name] as tfTypes.Tensor));
      return tf.add(loss, tf.mul(squares, training.l2));
    },
  });
  try {
    const batch = Math.min(training.batch, records);
    const losses = new Float64Array(training.epochs);
    for (let epoch = 0; epoch < training.epochs; epoch++) {
      const order = rng.child("epoch", epoch).permutation(records);
      const rest = records % batch;
      const full = await loop.run(order.subarray(0, records - rest), batch, signal);
      const last = rest === 0 ? [] : await loop.run(order.subarray(records - rest), rest, signal);
      const total = full.reduce((sum, loss) => sum + loss * batch, 0) + (last[0] ?? 0) * rest;
      losses[epoch] = total / records;
      onProgress?.({ epoch: epoch + 1, epochs: training.epochs, loss: total / records });
    }
    return { weights: await loop.weights(), losses };
  } finally {
    loop.dispose();
  }
}

function oneHot(labels: Int32Array, classes: number): Float32Array {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, record) => {
    if (label < 0 || label >= classes)
      throw new InvalidInput(`label ${label} of record ${record} is not in 0 … ${classes - 1}`);
    rows[record * classes + label] = 1;
  });
  return rows;
}
