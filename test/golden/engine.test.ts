import { createRng } from "@shadowfarm/core/rng";
import { trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import { models } from "@shadowfarm/ml/models/index";
import { train } from "@shadowfarm/ml/train";
import type { Model, NetworkModel } from "@shadowfarm/ml/unit";
import { expect, test } from "vitest";

// Slow for the sake of TF.js `cpu`, which is what every engine is measured by.

const optimizers = ["sgd", "momentum", "adam", "adamw", "rmsprop"] as const;

/** Deep networks, as small as they come. What an optimizer does is the same for every layer, so two are enough. */
const small: Readonly<Record<string, { params: object; shape: number[] }>> = {
  cnn7: { params: { width: 0.03125 }, shape: [16, 16, 1] },
  vgg: { params: { width: 1 }, shape: [16, 16, 1] },
  "wide-resnet": { params: {}, shape: [6, 6, 1] },
};

/** Of nearly all weights. */
const close = 1e-6;
/**
 * Of one weight in a thousand: Adam divides a gradient by its own size, and so makes whole steps of gradients that are
 * rounding alone, which is not the same with AVX2 and AVX-512.
 */
const farthest = 2e-5;

const cases = Object.values<Model>(models)
  .filter((model): model is NetworkModel => "layers" in model)
  .flatMap((model) => {
    const some = model.name in small ? (["momentum", "adam"] as const) : optimizers;
    return some.map((optimizer) => ({ name: model.name, model, optimizer }));
  });

test.each(cases)(
  "$name: 20 compiled steps by $optimizer leave the weights that TF.js `cpu` leaves",
  async ({ name, model, optimizer }) => {
    const kind = model.accepts.find((accepted) => accepted !== "image") ?? "image";
    const { shape, params } = small[name] ?? { shape: kind === "image" ? [12, 12, 1] : [20], params: {} };
    const width = shape.reduce((product, size) => product * size, 1);
    const rng = createRng(2);
    const lesson = {
      features: Float32Array.from({ length: 18 * width }, () => rng.uniform()),
      labels: Int32Array.from({ length: 18 }, (_, record) => record % 3),
      rng,
    };
    const layers = model.layers({ kind, shape, low: 0, high: 1 }, 3, model.params.parse(params));
    // Four epochs of four batches of four, and one of two.
    const training = trainingSchema.parse({ epochs: 4, batch: 4, optimizer, l2: 1e-3, weightDecay: 0.01 });
    const recipe = { layers, inputShape: shape, classes: 3, training };
    const compiled = await train(await openEngine("onnx"), recipe, lesson);
    const expected = await train(await openEngine("cpu"), recipe, lesson);
    const differences = Object.entries(expected.weights)
      .flatMap(([weight, { data }]) =>
        [...data].map((value, at) => Math.abs(value - (compiled.weights[weight]?.data[at] as number))),
      )
      .sort((a, b) => a - b);
    expect(differences[Math.floor(0.999 * (differences.length - 1))]).toBeLessThan(close);
    expect(differences.at(-1)).toBeLessThan(optimizer === "sgd" || optimizer === "momentum" ? 2 * close : farthest);
  },
);
