import { createRng } from "@shadowfarm/core/rng";
import { trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import { expect, test } from "vitest";
import { train } from "../train.ts";
import { minimised, sigmoid } from "./linear-batch.fixture.ts";
import { trades } from "./trades.ts";

const batch = { x: [[0.5, 0.5]] as [number, number][], labels: [0], kernel: [2, -1] as [number, number] };

test("cross-entropy of the record, plus β times the divergence from it to the worst example", async () => {
  // Both steps go on in the direction in which the noise began: the answers differ more and more.
  const { prepared, loss } = await minimised(
    trades,
    { epsilon: 0.1, beta: 3, steps: 2 },
    { ...batch, uniform: [0.9, 0] },
  );
  const [own, other] = [sigmoid(0.5), sigmoid(2 * 0.6 - 0.4)];
  for (const [at, value] of [0.6, 0.4].entries()) expect(prepared.perturbed?.[at]).toBeCloseTo(value, 5);
  const divergence = own * Math.log(own / other) + (1 - own) * Math.log((1 - own) / (1 - other));
  expect(loss).toBeCloseTo(-Math.log(own) + 3 * divergence, 5);
});

test("the search starts a thousandth of the range away, times a normal", async () => {
  const { prepared } = await minimised(
    trades,
    { epsilon: 0.1, steps: 1, reach: 1e-6 },
    { ...batch, uniform: [0.9, 0] },
  );
  const normal = Math.sqrt(-2 * Math.log(0.1));
  expect(prepared.perturbed?.[0]).toBeCloseTo(0.5 + 0.001 * normal, 5);
});

test("with β = 0 a model becomes what it becomes without a defense", async () => {
  const engine = await openEngine("onnx");
  const rng = createRng("trades");
  const features = Float32Array.from({ length: 40 * 3 }, () => rng.uniform());
  const labels = Int32Array.from({ length: 40 }, (_, record) => record % 2);
  const recipe = {
    layers: [{ kind: "dense", units: 2, activation: "linear" } as const],
    ...{ inputShape: [3], classes: 2, training: trainingSchema.parse({ epochs: 3, batch: 10 }) },
  };
  const input = { kind: "image", shape: [3], low: 0, high: 1 } as const;
  const of = trades.objective?.(trades.params.parse({ beta: 0 })) as NonNullable<
    ReturnType<NonNullable<typeof trades.objective>>
  >;
  const lesson = { features, labels, rng: createRng(1) };
  const [defended, plain] = [
    await train(engine, { ...recipe, objective: { of, input } }, lesson),
    await train(engine, recipe, lesson),
  ];
  for (const [name, { data }] of Object.entries(plain.weights)) {
    for (const [at, value] of data.entries()) expect(defended.weights[name]?.data[at]).toBeCloseTo(value, 5);
  }
});
