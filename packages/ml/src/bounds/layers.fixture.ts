import fc from "fast-check";
import { type Activation, type Layer, place } from "../layers.ts";
import type { BoundMethod } from "./margins.ts";
import type { MethodName } from "./supported.ts";

/** Every method, and every way of it, by a name. */
export const methodCases = Object.entries<BoundMethod>({
  interval: { kind: "interval" },
  "zonotope of two terms": { kind: "zonotope", terms: 2 },
  "zonotope of all terms": { kind: "zonotope", terms: 1000 },
  dual: { kind: "dual" },
  "dual with dual intermediate bounds": { kind: "dual", intermediate: "dual" },
});

/** Layers of all kinds that every method has bounds for, for images of 7 × 7 or a little more. */
export const imageLayers: readonly Layer[] = [
  { kind: "conv", filters: 2, size: 3, padding: "same", activation: "relu" },
  { kind: "batch-norm", activation: "leaky-relu" },
  {
    kind: "residual",
    layers: [{ kind: "conv", filters: 3, size: 3, stride: 2, padding: "same", bias: false, activation: "relu" }],
    shortcut: [{ kind: "conv", filters: 3, size: 1, stride: 2, padding: "same", activation: "leaky-relu" }],
  },
  { kind: "avg-pool", size: 2 },
  { kind: "conv", filters: 2, size: 2, padding: "valid", activation: "leaky-relu" },
  { kind: "dropout", rate: 0.5 },
  { kind: "global-avg-pool" },
  { kind: "dense", units: 4, activation: "relu" },
  { kind: "dense", units: 3, activation: "linear" },
];

/** Small networks of every kind of layer for which a method has bounds, ending in one logit for each of three classes. */
export function smallNetworks(method: MethodName): fc.Arbitrary<{ layers: Layer[]; inputShape: number[] }> {
  return fc.oneof(flatNetworks(method), imageNetworks(method));
}

const logits: Layer = { kind: "dense", units: 3, activation: "linear" };

function activations(method: MethodName): fc.Arbitrary<Activation> {
  const rectifiers: Activation[] = ["linear", "relu", "relu", "leaky-relu"];
  return fc.constantFrom<Activation>(...rectifiers, ...(method === "dual" ? [] : (["tanh"] as const)));
}

function flatNetworks(method: MethodName) {
  const activation = activations(method);
  const dense = fc.record({ kind: fc.constant("dense" as const), units: fc.integer({ min: 1, max: 6 }), activation });
  const layer = fc.oneof(
    { weight: 4, arbitrary: dense },
    fc.record({ kind: fc.constant("batch-norm" as const), activation }),
    fc.constant<Layer>({ kind: "dropout", rate: 0.5 }),
    // Of one's own width, whatever that is.
    fc.record({
      kind: fc.constant("residual" as const),
      layers: fc.tuple(fc.record({ kind: fc.constant("batch-norm" as const), activation })),
      shortcut: fc.constant([]),
    }),
  );
  return fc.record({
    layers: fc.array<Layer>(layer, { maxLength: 4 }).map((layers) => [...layers, logits]),
    inputShape: fc.integer({ min: 1, max: 5 }).map((features) => [features]),
  });
}

function imageNetworks(method: MethodName) {
  const activation = activations(method);
  const conv = fc.record({
    kind: fc.constant("conv" as const),
    filters: fc.integer({ min: 1, max: 3 }),
    size: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 2 }),
    padding: fc.constantFrom("same" as const, "valid" as const),
    bias: fc.boolean(),
    activation,
  });
  const residual = fc
    .record({ filters: fc.integer({ min: 1, max: 3 }), stride: fc.integer({ min: 1, max: 2 }), activation })
    .map(({ filters, stride, activation }): Layer => {
      const of = (size: number, stride: number, activation: Activation): Layer => ({
        kind: "conv",
        filters,
        size,
        stride,
        padding: "same",
        activation,
      });
      const layers: Layer[] = [of(3, stride, activation), { kind: "batch-norm", activation }, of(3, 1, "linear")];
      return { kind: "residual", layers, shortcut: [of(1, stride, "linear")] };
    });
  const others: Layer[] = [
    { kind: "avg-pool", size: 2 },
    { kind: "dropout", rate: 0.5 },
  ];
  if (method !== "dual") others.push({ kind: "max-pool", size: 2 });
  const layer = fc.oneof<fc.Arbitrary<Layer>[]>(
    conv,
    conv,
    residual,
    fc.record({ kind: fc.constant("batch-norm" as const), activation }),
    fc.constantFrom(...others),
  );
  const inputShape = fc.tuple(...[4, 4, 1].map((min) => fc.integer({ min, max: min + 1 })));
  const toFlat = fc.constantFrom<Layer>({ kind: "flatten" }, { kind: "global-avg-pool" });
  return fc
    .record({ layers: fc.array(layer, { maxLength: 3 }), toFlat, inputShape })
    .map(({ layers, toFlat, inputShape }) => ({
      layers: [...layersThatFit(layers, inputShape), toFlat, logits],
      inputShape: [...inputShape],
    }));
}

/** Without what is larger than what the layers before it leave. */
function layersThatFit(layers: readonly Layer[], inputShape: readonly number[]): Layer[] {
  const fitting: Layer[] = [];
  for (const layer of layers) {
    fitting.push(layer);
    try {
      place(fitting, inputShape);
    } catch {
      fitting.pop();
    }
  }
  return fitting;
}
