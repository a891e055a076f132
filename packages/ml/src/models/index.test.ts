import type { InputInfo } from "@shadowfarm/core/catalog";
import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { initialize } from "../network.ts";
import type { Model, NetworkModel } from "../unit.ts";
import { models } from "./index.ts";

const inputs: InputInfo[] = [
  { kind: "image", shape: [28, 28, 1], low: 0, high: 1 },
  { kind: "image", shape: [32, 32, 3], low: 0, high: 1 },
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

test("parameters reach the layers", () => {
  const [image, , binary] = inputs as [InputInfo, InputInfo, InputInfo];
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
