import type { Rng } from "@shadowfarm/core/rng";
import type { Training } from "@shadowfarm/core/training";
import type { Engine } from "@shadowfarm/engine/engine";
import type { Layer } from "./network.ts";
import { query } from "./query.ts";
import { train } from "./train.ts";

/** What an attack model learns from: features of records whose membership the attacker knows. */
export interface AttackModelOptions {
  features: Float32Array; // records × width
  width: number;
  isMember: Uint8Array; // records; 1 for a member
  /** Units of the hidden layer. */
  hidden: number;
  training: Training;
  rng: Rng;
  signal?: AbortSignal | undefined;
}

/** The probability of being a member, in [0, 1], for each row of features (records × width). */
export type AttackModel = (features: Float32Array) => Promise<Float64Array>;

/**
 * Trains the binary classifier "member or not": one hidden ReLU layer and a softmax over two outputs, by default the
 * attack model of Salem et al. 2019, §IV-A.
 */
export async function trainAttackModel(engine: Engine, options: AttackModelOptions): Promise<AttackModel> {
  const { features, width, isMember, hidden, training, rng, signal } = options;
  const inputShape = [width];
  const layers: Layer[] = [
    { kind: "dense", units: hidden, activation: "relu" },
    { kind: "dense", units: 2, activation: "linear" },
  ];
  const labels = Int32Array.from(isMember);
  const recipe = { layers, inputShape, classes: 2, training };
  const { weights } = await train(engine, recipe, { features, labels, rng }, { signal });
  return async (rows) => {
    const posteriors = await query(engine, { layers, weights, inputShape, features: rows, signal });
    return Float64Array.from({ length: posteriors.length / 2 }, (_, record) => posteriors[2 * record + 1] as number);
  };
}
