import type { Rng } from "@shadowfarm/core/rng";
import { type Training, trainingSchema } from "@shadowfarm/core/training";
import type { Engine } from "@shadowfarm/engine/engine";
import { z } from "zod";
import { askForest, fitForest } from "./forest.ts";
import type { Layer } from "./network.ts";
import { query } from "./query.ts";
import { train } from "./train.ts";

/** The parameters of an attack model, for attacks that train one. */
export const attackModelParams = {
  attackModel: z
    .enum(["mlp", "logistic-regression", "random-forest"])
    .default("mlp")
    .describe("what tells members from their posteriors"),
  hidden: z.int().min(1).max(4096).default(64).describe("units of the attack model's hidden layer; of mlp"),
  trees: z.int().min(1).max(10_000).default(100).describe("trees of the attack model; of random-forest"),
  epochs: z.int().min(1).max(10_000).default(50).describe("of the attack model; not of random-forest"),
  batch: z.int().min(1).max(65_536).default(10).describe("of the attack model; not of random-forest"),
  learningRate: z.number().positive().max(10).default(0.01).describe("of the attack model, trained with Adam"),
  l2: z.number().min(0).max(10).default(1e-6).describe("penalty on the attack model's weight matrices"),
};

export type AttackModelParams = z.infer<z.ZodObject<typeof attackModelParams>>;

/** What an attack model learns from: features of records whose membership the attacker knows. */
export interface AttackModelLesson {
  features: Float32Array; // records × width
  width: number;
  isMember: Uint8Array; // records; 1 for a member
  rng: Rng;
  signal?: AbortSignal | undefined;
}

/** The probability of being a member, in [0, 1], for each row of features (records × width). */
export type AttackModel = (features: Float32Array) => Promise<Float64Array>;

/**
 * Trains the binary classifier "member or not". The network is one hidden ReLU layer and a softmax over two outputs, by
 * default the attack model of Salem et al. 2019, §IV-A; without the hidden layer it is the logistic regression.
 */
export async function trainAttackModel(
  engine: Engine,
  { features, width, isMember, rng, signal }: AttackModelLesson,
  params: AttackModelParams,
): Promise<AttackModel> {
  const labels = Int32Array.from(isMember);
  if (params.attackModel === "random-forest") {
    const forest = await fitForest({ features, width, labels, classes: 2, trees: params.trees, rng, signal });
    return async (rows) => memberColumn(await askForest(forest, rows));
  }
  const inputShape = [width];
  const hidden: Layer[] =
    params.attackModel === "mlp" ? [{ kind: "dense", units: params.hidden, activation: "relu" }] : [];
  const layers: Layer[] = [...hidden, { kind: "dense", units: 2, activation: "linear" }];
  const { epochs, batch, learningRate, l2 } = params;
  const training: Training = trainingSchema.parse({ epochs, batch, learningRate, l2 });
  const { weights } = await train(
    engine,
    { layers, inputShape, classes: 2, training },
    { features, labels, rng },
    { signal },
  );
  return async (rows) => memberColumn(await query(engine, { layers, weights, inputShape, features: rows, signal }));
}

function memberColumn(posteriors: Float32Array): Float64Array {
  return Float64Array.from({ length: posteriors.length / 2 }, (_, record) => posteriors[2 * record + 1] as number);
}
