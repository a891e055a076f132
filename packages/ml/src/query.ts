import { batchRows, concatenate, sizeOf } from "@shadowfarm/engine/arrays";
import type { Engine } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import { forward, type Layer, type Weights } from "./network.ts";

/** A trained network, and the records to ask it about. */
export interface QueryOptions {
  layers: readonly Layer[];
  weights: Weights;
  /** Shape of one record. */
  inputShape: readonly number[];
  /** Records × inputShape, as a whole or in blocks of `blockRows` records; the last block may be smaller. */
  features: Float32Array | AsyncIterable<Float32Array>;
  signal?: AbortSignal | undefined;
}

/** Records in a block of at most some 70 MB: whole batches of every engine, so that blocks change no bit of an answer. */
export function blockRows(inputShape: readonly number[]): number {
  return 64 * batchRows(sizeOf(inputShape));
}

/**
 * A model's posteriors, records × classes: softmax of its logits, each row summing to 1 within float32 rounding.
 *
 * @throws {Cancelled} once `signal` is aborted.
 */
export async function query(engine: Engine, options: QueryOptions): Promise<Float32Array> {
  const { features, signal } = options;
  const network = openNetwork(engine, options);
  try {
    const answers: Float32Array[] = [];
    for await (const block of features instanceof Float32Array ? [features] : features) {
      answers.push(await network.ask(block, signal));
    }
    return concatenate(answers);
  } finally {
    network.close();
  }
}

/** A network that is compiled once, to be asked many times. */
export interface OpenNetwork {
  /** Posteriors, records × classes, of records × inputShape. */
  ask(features: Float32Array, signal?: AbortSignal): Promise<Float32Array>;
  close(): void;
}

export function openNetwork(
  engine: Engine,
  { layers, weights, inputShape }: Pick<QueryOptions, "layers" | "weights" | "inputShape">,
): OpenNetwork {
  const width = sizeOf(inputShape);
  const model = engine.compileFn(weights, (tensors, batch) =>
    tfjs().softmax(forward(layers, tensors, batch, { training: false })),
  );
  return {
    async ask(features, signal) {
      const { data } = await model.run({ shape: [features.length / width, ...inputShape], data: features }, signal);
      return data;
    },
    close: () => model.dispose(),
  };
}

/** The class of each row's largest posterior; the first of equal ones. */
export function predictedClasses(posteriors: Float32Array | Float64Array, classes: number): Int32Array {
  return Int32Array.from({ length: posteriors.length / classes }, (_, record) => {
    const row = posteriors.subarray(record * classes, (record + 1) * classes);
    let best = 0;
    for (let at = 1; at < classes; at++) if ((row[at] as number) > (row[best] as number)) best = at;
    return best;
  });
}

/** What a model that answers with labels alone tells: 1 for its predicted class, 0 elsewhere; records × classes. */
export function labelsOnly(posteriors: Float32Array | Float64Array, classes: number): Float32Array {
  const answers = new Float32Array(posteriors.length);
  predictedClasses(posteriors, classes).forEach((label, record) => {
    answers[record * classes + label] = 1;
  });
  return answers;
}
