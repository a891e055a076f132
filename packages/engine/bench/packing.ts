import { openEngine } from "../src/backends.ts";
import { trainingProgram } from "../src/training.ts";
import { dense, type Model, programFor } from "./models.ts";

// What training several models as one program gains, by the size of the model: one JSON object a line. The rule of
// packages/ml/src/pack.ts follows from it.

const sizes: [inputs: number, hidden: number, outputs: number, batch: number][] = [
  [3, 64, 2, 10],
  [10, 32, 2, 32],
  [20, 64, 10, 50],
  [50, 64, 10, 50],
  [100, 64, 10, 50],
  [100, 128, 10, 100],
  [446, 128, 30, 100],
  [600, 128, 100, 100],
];
const engine = await openEngine("onnx");
for (const [inputs, hidden, outputs, batch] of sizes) {
  const network = dense(inputs, hidden, outputs);
  const rates: Record<number, number[]> = { 1: [], 4: [], 16: [] };
  // In turn, so that a busy machine is busy for all.
  for (let round = 0; round < 5; round++) {
    for (const models of [1, 4, 16]) rates[models]?.push(await rate({ ...network, batch, models }));
  }
  const median = (models: number) => (rates[models] as number[]).sort((a, b) => a - b)[2] as number;
  const weights = (inputs + 1) * hidden + (hidden + 1) * outputs;
  const gain = (models: number) => Number((median(models) / median(1)).toFixed(2));
  const line = { network: [inputs, hidden, outputs], batch, weights, gainOf4: gain(4), gainOf16: gain(16) };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Steps of one model a second, however many are trained at once. */
async function rate(model: Model): Promise<number> {
  const batch = model.batch * model.models;
  const loop = engine.compileLoop(trainingProgram(programFor(model, 500)));
  const run = (steps: number) =>
    loop.run(
      Uint32Array.from({ length: steps * batch }, (_, at) => (at * 7) % 500),
      batch,
      { settings: { learningRate: 0.001 } },
    );
  await run(30);
  const steps = Math.ceil(1_000 / model.models);
  const started = performance.now();
  await run(steps);
  const seconds = (performance.now() - started) / 1000;
  loop.dispose();
  return (steps * model.models) / seconds;
}
