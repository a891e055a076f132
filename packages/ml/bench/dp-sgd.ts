import { parseArgs } from "node:util";
import { createRng } from "@shadowfarm/core/rng";
import { trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import type { Loop } from "@shadowfarm/engine/engine";
import { trainingProgram } from "@shadowfarm/engine/training";
import { initialize, type Layer } from "../src/network.ts";
import { filledUp, poissonBatch, privateProgram } from "../src/private-training.ts";
import { programFor } from "../src/training-program.ts";

// How fast DP-SGD is against plain SGD on Location's network, on one thread: one JSON object. Both take turns; a private batch has
// as many rows as the largest of those that are drawn.

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    batch: { type: "string", default: "100" },
    optimizer: { type: "string", default: "sgd" },
    engine: { type: "string", default: "onnx" },
  },
});
const [seconds, batch] = [Number(values.seconds), Number(values.batch)];
const records = 1000;
if (!(seconds > 0) || !(batch >= 1 && batch <= records)) {
  process.stderr.write("usage: --seconds N --batch N --optimizer sgd|adam --engine onnx|wasm|cpu\n");
  process.exit(2);
}
const engine = await openEngine(values.engine as "onnx");
const rng = createRng("dp-sgd");
const layers: Layer[] = [
  { kind: "dense", units: 128, activation: "relu" },
  { kind: "dense", units: 30, activation: "linear" },
];
const training = trainingSchema.parse({ batch, optimizer: values.optimizer });
const recipe = { layers, inputShape: [446], classes: 30, training };
const lesson = {
  features: Float32Array.from({ length: records * 446 }, () => rng.int(2)),
  labels: Int32Array.from({ length: records }, () => rng.int(30)),
  rng,
};

const weights = initialize(layers, recipe.inputShape, recipe.classes, rng.child("weights"));
const plain = engine.compileLoop(trainingProgram(programFor(recipe, [lesson], null, weights)));
const hidden = engine.compileLoop(trainingProgram(privateProgram(recipe, lesson, { clip: 1, noiseMultiplier: 1 })));

// As many as in a training of 50 epochs.
const steps = Math.ceil((50 * records) / batch);
const drawn = Array.from({ length: steps }, () => poissonBatch(records, batch / records, rng));
const size = Math.max(...drawn.map(({ length }) => length));
const hiddenRows = filledUp(drawn, size, records);
const plainRows = Uint32Array.from({ length: steps * batch }, () => rng.int(records));

const plainRates: number[] = [];
const privateRates: number[] = [];
for (let turn = -2; turn < 0 || plainRates.reduce((sum, rate) => sum + (2 * steps) / rate, 0) < seconds; turn++) {
  const one = await rateOf(plain, plainRows, batch);
  const other = await rateOf(hidden, hiddenRows, size);
  if (turn < 0) continue;
  plainRates.push(one);
  privateRates.push(other);
}
plain.dispose();
hidden.dispose();
const line = {
  engine: engine.name,
  threads: 1,
  optimizer: training.optimizer,
  batch,
  largestBatch: size,
  plainStepsPerSecond: Math.round(median(plainRates)),
  privateStepsPerSecond: Math.round(median(privateRates)),
  ratio: Number(median(privateRates.map((rate, turn) => rate / (plainRates[turn] as number))).toPrecision(3)),
};
process.stdout.write(`${JSON.stringify(line)}\n`);

/** Steps a second. */
async function rateOf(loop: Loop, rows: Uint32Array, batch: number): Promise<number> {
  const started = performance.now();
  await loop.run(rows, batch, { settings: { learningRate: 0.01 } });
  return (1000 * rows.length) / batch / (performance.now() - started);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;
}
