import { InvalidInput } from "@shadowfarm/core/errors";
import { expect, test } from "vitest";
import { type Layer, place } from "../layers.ts";
import { checkSupported, type MethodName } from "./supported.ts";

const logits: Layer = { kind: "dense", units: 2, activation: "linear" };
const hidden = (activation: "relu" | "tanh"): Layer => ({ kind: "dense", units: 3, activation });
const pooled: Layer[] = [
  { kind: "residual", layers: [{ kind: "batch-norm", activation: "tanh" }], shortcut: [] },
  { kind: "max-pool", size: 2 },
  { kind: "flatten" },
  logits,
];

const check = (method: MethodName, layers: readonly Layer[], shape: readonly number[] = [4]) =>
  checkSupported(method, place(layers, shape));

test.each<[MethodName, string, Layer[], number[]]>([
  ["interval", "all layers", pooled, [4, 4, 1]],
  ["zonotope", "all layers", pooled, [4, 4, 1]],
  ["dual", "ReLU networks", [hidden("relu"), logits], [4]],
])("%s bounds exist of %s", (method, _, layers, shape) => {
  expect(() => check(method, layers, shape)).not.toThrow();
});

test("a layer without dual bounds is refused by name, with what to use instead", () => {
  expect(() => check("dual", pooled, [4, 4, 1])).toThrow(InvalidInput);
  expect(() => check("dual", pooled, [4, 4, 1])).toThrow(
    [
      "residual1/batch-norm1 has no dual bounds: use relu or leaky-relu in place of tanh, or interval or zonotope bounds",
      "max-pool1 has no dual bounds: use a convolution with a stride or an avg-pool in place of the max-pool, or interval or zonotope bounds",
    ].join("\n"),
  );
});

test.each<[string, Layer[]]>([
  ["dense1", [hidden("tanh")]],
  ["dropout1", [logits, { kind: "dropout", rate: 0.5 }]],
  ["nothing", []],
])("a network that ends in %s has no margins", (name, layers) => {
  expect(() => check("interval", layers)).toThrow(
    `interval bounds of margins need a network that ends in a dense layer with linear activation, not in ${name}`,
  );
});
