import type { InputInfo } from "@shadowfarm/core/catalog";
import { createRng } from "@shadowfarm/core/rng";
import { openEngine } from "@shadowfarm/engine/backends";
import { expect, test } from "vitest";
import { initialize } from "../network.ts";
import { query } from "../query.ts";
import type { Model, NetworkModel } from "../unit.ts";
import { models } from "./index.ts";

const inputs: InputInfo[] = [
  { kind: "image", shape: [28, 28, 1], low: 0, high: 1 },
  { kind: "image", shape: [32, 32, 3], low: 0, high: 1 },
  { kind: "image", shape: [64, 48, 3], low: 0, high: 1 },
  { kind: "binary", shape: [446], low: 0, high: 1 },
  { kind: "tabular", shape: [14], low: -3, high: 3 },
];
const isNetwork = (model: Model): model is NetworkModel => "layers" in model;
const accepted = Object.values<Model>(models)
  .filter(isNetwork)
  .flatMap((model) =>
    inputs.filter(({ kind }) => model.accepts.includes(kind)).map((input) => ({ name: model.name, model, input })),
  );

test.each(accepted)("$name builds a network for $input.kind $input.shape", ({ model, input }) => {
  for (const classes of [2, 43]) {
    const layers = model.layers(input, classes, model.params.parse({}));
    expect(layers.at(-1)).toMatchObject({ kind: "dense", units: classes, activation: "linear" });
    const weights = initialize(layers, input.shape, classes, createRng(1));
    expect(Object.values(weights).every(({ data }) => data.every(Number.isFinite))).toBe(true);
  }
});

test.each(accepted)("$name answers about $input.kind $input.shape before it is trained", async ({ model, input }) => {
  const layers = model.layers(input, 3, model.params.parse({}));
  // They are kept as JSON with the weights.
  expect(JSON.parse(JSON.stringify(layers))).toEqual(layers);
  const weights = initialize(layers, input.shape, 3, createRng(1));
  const width = input.shape.reduce((product, size) => product * size, 1);
  const rng = createRng(2);
  const features = Float32Array.from({ length: 2 * width }, () => rng.uniform());
  const engine = await openEngine("onnx");
  const posteriors = await query(engine, { layers, weights, inputShape: input.shape, features });
  expect(posteriors.every((posterior) => posterior > 0 && posterior < 1)).toBe(true);
  expect(posteriors.subarray(0, 3)).not.toEqual(posteriors.subarray(3));
});

test("parameters reach the layers", () => {
  const image = inputs[0] as InputInfo;
  const binary = inputs.find(({ kind }) => kind === "binary") as InputInfo;
  const { cnn, mlp } = models;
  expect(mlp.layers(binary, 30, mlp.params.parse({}))[0]).toEqual({ kind: "dense", units: 128, activation: "tanh" });
  expect(mlp.layers(binary, 30, mlp.params.parse({ hidden: 7 }))[0]).toMatchObject({ units: 7 });
  const convolutions = cnn
    .layers(image, 10, cnn.params.parse({ filters: 8, size: 3 }))
    .filter(({ kind }) => kind === "conv");
  expect(convolutions).toMatchObject([
    { filters: 8, size: 3, padding: "same" },
    { filters: 8, size: 3, padding: "valid" },
  ]);
});

test("filters that do not fit the image are refused", () => {
  const { cnn } = models;
  const layers = cnn.layers(inputs[0] as InputInfo, 10, cnn.params.parse({ size: 15 }));
  expect(() => initialize(layers, [28, 28, 1], 10, createRng(1))).toThrow(
    "layer 3 (conv of size 15) is larger than its input of shape [14,14,32]; choose a smaller size",
  );
});
