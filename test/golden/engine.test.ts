import { createRng } from "@shadowfarm/core/rng";
import { trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import { models } from "@shadowfarm/ml/models/index";
import { train } from "@shadowfarm/ml/train";
import type { Model, NetworkModel } from "@shadowfarm/ml/unit";
import { describe, expect, test } from "vitest";

// Slow for the sake of TF.js `cpu`, which is what every engine is measured by.

const optimizers = ["sgd", "momentum", "adam", "adamw", "rmsprop"] as const;

describe.each(Object.values<Model>(models).filter((model): model is NetworkModel => "layers" in model))(
  "$name",
  (model) => {
    test.each(optimizers)("20 compiled steps by %s leave the weights that TF.js `cpu` leaves", async (optimizer) => {
      const kind = model.accepts.find((accepted) => accepted !== "image") ?? "image";
      const shape = kind === "image" ? [12, 12, 1] : [20];
      const width = shape.reduce((product, size) => product * size, 1);
      const rng = createRng(2);
      const lesson = {
        features: Float32Array.from({ length: 18 * width }, () => rng.uniform()),
        labels: Int32Array.from({ length: 18 }, (_, record) => record % 3),
        rng,
      };
      const layers = model.layers({ kind, shape, low: 0, high: 1 }, 3, model.params.parse({}));
      // Four epochs of four batches of four, and one of two.
      const training = trainingSchema.parse({ epochs: 4, batch: 4, optimizer, l2: 1e-3, weightDecay: 0.01 });
      const recipe = { layers, inputShape: shape, classes: 3, training };
      const compiled = await train(await openEngine("onnx"), recipe, lesson);
      const expected = await train(await openEngine("cpu"), recipe, lesson);
      for (const [name, { data }] of Object.entries(expected.weights)) {
        const differences = data.map((value, at) => Math.abs(value - (compiled.weights[name]?.data[at] as number)));
        expect(Math.max(...differences), name).toBeLessThan(1e-5);
      }
    });
  },
);
