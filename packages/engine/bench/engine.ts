import { parseArgs } from "node:util";
import { engineNames, openEngine } from "../src/backends.ts";
import type { Engine } from "../src/engine.ts";
import { trainingProgram } from "../src/training.ts";
import { type Model, type ModelName, models, programFor, weightsFor } from "./models.ts";

// How fast an engine trains and answers, on one thread: one JSON object a line, the median of some seconds' runs.

const kinds = [...(Object.keys(models) as ModelName[]), "forward-cnn"] as const;
const { values } = parseArgs({
  options: {
    kind: { type: "string" },
    engine: { type: "string", default: "onnx" },
    seconds: { type: "string", default: "4" },
  },
});
const engineName = engineNames.find((name) => name === values.engine);
const seconds = Number(values.seconds);
const wanted = kinds.filter((kind) => values.kind === undefined || values.kind === kind);
if (engineName === undefined || wanted.length === 0 || !(seconds > 0)) {
  process.stderr.write(`usage: --kind ${kinds.join("|")} --engine ${engineNames.join("|")} --seconds N\n`);
  process.exit(2);
}
const engine = await openEngine(engineName, { nchwc: process.env.SHADOWFARM_NCHWC !== "0" });
for (const kind of wanted) {
  const samplesPerSecond =
    kind === "forward-cnn" ? await forward(engine, models.cnn) : await training(engine, models[kind]);
  const line = { engine: engine.name, kind, threads: 1, samplesPerSecond: Math.round(samplesPerSecond) };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function training(engine: Engine, model: Model): Promise<number> {
  const records = 2_000;
  const batch = model.batch * model.models;
  const loop = engine.compileLoop(trainingProgram(programFor(model, records)));
  let at = 0;
  const steps = (count: number) =>
    loop.run(
      Uint32Array.from({ length: count * batch }, () => (at = (at + 7) % records)),
      batch,
      { settings: { learningRate: 0.001 } },
    );
  const rate = await median(steps, 50);
  loop.dispose();
  return rate * batch;
}

async function forward(engine: Engine, model: Model): Promise<number> {
  const rows = 256;
  const { x } = programFor(model, rows).data;
  if (!(x?.data instanceof Float32Array)) throw new TypeError("the records are not floats");
  const input = { shape: x.shape, data: x.data };
  const fn = engine.compileFn(weightsFor(model), (weights, batch) => model.logits(weights, batch));
  const rate = await median(async (count) => {
    for (let round = 0; round < count; round++) await fn.run(input);
  }, 4);
  fn.dispose();
  return rate * rows;
}

/** Rounds a second: the median over pieces of about a tenth of the time. The first pieces only warm up. */
async function median(run: (rounds: number) => Promise<unknown>, warmUp: number): Promise<number> {
  await run(1);
  const begun = performance.now();
  await run(warmUp);
  const rounds = Math.max(1, Math.round((warmUp * seconds * 100) / (performance.now() - begun)));
  const rates: number[] = [];
  for (const started = performance.now(); performance.now() - started < seconds * 1000 || rates.length < 3; ) {
    const before = performance.now();
    await run(rounds);
    rates.push((rounds * 1000) / (performance.now() - before));
  }
  return rates.sort((a, b) => a - b)[rates.length >> 1] as number;
}
