import { sizeOf } from "@shadowfarm/engine/arrays";
import type { ArrayValue, Engine } from "@shadowfarm/engine/engine";
import { canPack, type Layer, shapesAfter, type Weights } from "./network.ts";

/**
 * Models that one program takes, by their weights. Measured with `npm run bench:engine:packing`, where models of up to 4,096
 * weights train 2 to 4.8 times as fast in packs of 16, up to 16,384 weights 1.6 times in packs of 4, and 90,000 no faster.
 */
const sizes = [
  { weights: 4_096, models: 16 },
  { weights: 16_384, models: 4 },
];

/**
 * How many models of a recipe are worth training as one program; 1 when that does not pay. Small models spend their time
 * on the fixed cost of each operation, which a pack shares; large ones on arithmetic, which it does not.
 */
export function packSize(
  { packs }: Pick<Engine, "packs">,
  { layers, inputShape }: { layers: readonly Layer[]; inputShape: readonly number[] },
): number {
  if (!packs || !canPack(layers)) return 1;
  let inputs = sizeOf(inputShape);
  let weights = 0;
  shapesAfter(layers, inputShape).forEach((shape, at) => {
    const outputs = sizeOf(shape);
    if (layers[at]?.kind === "dense") weights += (inputs + 1) * outputs;
    inputs = outputs;
  });
  return sizes.find((size) => weights <= size.weights)?.models ?? 1;
}

/**
 * The weights of several models as one: a first axis counts them. Biases get an axis for the batch besides, so that they
 * broadcast to it.
 */
export function stacked(models: readonly Weights[]): Record<string, ArrayValue> {
  const [first = {}] = models;
  return Object.fromEntries(
    Object.entries(first).map(([name, { shape, data }]) => {
      const all = new Float32Array(data.length * models.length);
      models.forEach((weights, model) => {
        all.set(weights[name]?.data as Float32Array, model * data.length);
      });
      return [name, { shape: [models.length, ...(shape.length === 1 ? [1] : []), ...shape], data: all }];
    }),
  );
}

/** The weights of each of the models that were stacked, in their own shapes again. */
export function unstacked(weights: Weights, models: readonly Weights[]): Record<string, ArrayValue>[] {
  return models.map((own, model) =>
    Object.fromEntries(
      Object.entries(own).map(
        ([
          name,
          {
            shape,
            data: { length },
          },
        ]) => {
          const all = weights[name]?.data as Float32Array;
          return [name, { shape, data: all.slice(model * length, (model + 1) * length) }];
        },
      ),
    ),
  );
}
