import { createHash } from "node:crypto";
import { openEngine } from "@shadowfarm/engine/backends";
import { uniformNumbers } from "@shadowfarm/engine/counter-hash";
import type { Engine, Tensors } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import { type TrainingProgram, trainingProgram } from "@shadowfarm/engine/training";

// A process that trains on the compiled engine and tells what became of it: run by engine.test.ts.

const [, , what] = process.argv;
const engine = await openEngine("onnx");
const result = what === "train" ? { weights: await train(engine) } : { rss: await memory(engine) };
process.stdout.write(JSON.stringify(result));

/** SHA-256 of what 300 steps of a perceptron with dropout leave. */
async function train(engine: Engine): Promise<string> {
  const loop = engine.compileLoop(trainingProgram(aProgram()));
  await loop.run(rows(300), 32, { settings: { learningRate: 0.01 } });
  const hash = createHash("sha256");
  for (const { data } of Object.values(await loop.state())) hash.update(data);
  loop.dispose();
  return hash.digest("hex");
}

/** Resident megabytes and tensors: after a warm-up, after 5,000 more steps, after 200 programs made and thrown away. */
async function memory(engine: Engine): Promise<{ megabytes: number[]; tensors: number[] }> {
  const megabytes: number[] = [];
  const tensors: number[] = [];
  const note = () => {
    for (let round = 0; round < 3; round++) (globalThis as { gc?: () => void }).gc?.();
    megabytes.push(process.memoryUsage.rss() / 2 ** 20);
    tensors.push(tfjs().memory().numTensors);
  };
  const cycle = async () => {
    const loop = engine.compileLoop(trainingProgram(aProgram()));
    await loop.run(rows(1), 32, { settings: { learningRate: 0.01 } });
    loop.dispose();
  };
  const loop = engine.compileLoop(trainingProgram(aProgram()));
  const steps = (count: number) => loop.run(rows(count), 32, { settings: { learningRate: 0.01 } });
  for (let round = 0; round < 50; round++) await cycle();
  await steps(2_000);
  note();
  for (let round = 0; round < 50; round++) await steps(100);
  note();
  for (let round = 0; round < 200; round++) await cycle();
  note();
  loop.dispose();
  return { megabytes, tensors };
}

function rows(steps: number): Uint32Array {
  return Uint32Array.from({ length: 32 * steps }, (_, at) => (at * 13) % 200);
}

function aProgram(): TrainingProgram {
  const random = (seed: number, shape: number[]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return { shape, data: uniformNumbers(seed, 0, 0, size).map((value) => value - 0.5) };
  };
  return {
    weights: {
      kernel1: random(1, [50, 64]),
      bias1: random(2, [64]),
      kernel2: random(3, [64, 10]),
      bias2: random(4, [10]),
    },
    data: { x: random(5, [200, 50]), y: random(6, [200, 10]) },
    optimizer: { name: "adam" },
    seed: 7,
    loss(weights, { x, y }, { uniform }) {
      const tf = tfjs();
      const [kernel1, bias1, kernel2, bias2] = Object.values(weights) as [T, T, T, T];
      const kept = tf.cast(tf.greaterEqual(uniform([32, 50]), 0.2), "float32");
      const hidden = tf.relu(tf.add(tf.matMul(tf.mul(x as T, kept), kernel1), bias1));
      return tf.mean(tf.square(tf.sub(tf.add(tf.matMul(hidden, kernel2), bias2), y as T)));
    },
  };
}

type T = Tensors[string];
