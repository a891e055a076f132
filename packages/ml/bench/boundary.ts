import { parseArgs } from "node:util";
import { createRng } from "@shadowfarm/core/rng";
import { batchRows, sizeOf } from "@shadowfarm/engine/arrays";
import { openEngine } from "@shadowfarm/engine/backends";
import type { ArrayValue, Compiled } from "@shadowfarm/engine/engine";
import { type AskLabels, inFixedBatches, labelsFrom } from "../src/ask-labels.ts";
import { searchBoundary } from "../src/boundary-search.ts";
import { forward, initialize, type Layer } from "../src/network.ts";

// How fast the search for the decision boundary is, on one thread: one JSON object. The ratios compare with the model alone
// in full batches, with the same search whose model is asked row by row, and with one that also writes and hears one row at a
// time; all are timed in turn.

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "400" },
    queries: { type: "string", default: "2400" },
    rows: { type: "string" },
    engine: { type: "string", default: "onnx" },
  },
});
const [count, budget] = [Number(values.records), Number(values.queries)];
if (!(count >= 1) || !(budget >= 1)) {
  process.stderr.write("usage: --records N --queries N --rows ROWS_OF_AN_ASK --engine onnx|wasm|cpu\n");
  process.exit(2);
}
const engine = await openEngine(values.engine as "onnx");

const cnn = await openModel(
  [32, 32, 3],
  [
    { kind: "conv", filters: 32, size: 5, padding: "same", activation: "relu" },
    { kind: "max-pool", size: 2 },
    { kind: "conv", filters: 48, size: 5, padding: "same", activation: "relu" },
    { kind: "max-pool", size: 2 },
    { kind: "flatten" },
    { kind: "dense", units: 128, activation: "relu" },
    { kind: "dense", units: 10, activation: "linear" },
  ],
);
const attack = await timeAttack(cnn, count);
cnn.model.dispose();
const mlp = await openModel(
  [446],
  [
    { kind: "dense", units: 128, activation: "relu" },
    { kind: "dense", units: 30, activation: "linear" },
  ],
);
const single = await compareWithSingle(mlp);
mlp.model.dispose();
const line = {
  engine: engine.name,
  threads: 1,
  records: count,
  recordsPerSecond: round(count / attack.seconds),
  queriesPerRecord: Math.round(attack.queries / count),
  queriesPerSecond: Math.round(attack.queries / attack.seconds),
  rawQueriesPerSecond: Math.round(attack.rawPerSecond),
  shareOfRawThroughput: round(attack.queries / attack.seconds / attack.rawPerSecond),
  foundOthers: attack.found,
  batchedOverSingle: round(single.asks),
  batchedOverSingleRows: round(single.rows),
};
process.stdout.write(`${JSON.stringify(line)}\n`);

interface Opened {
  model: Compiled;
  shape: readonly number[];
}

/** Fresh weights, with the last biases such that random records have labels of all kinds. */
async function openModel(shape: readonly number[], layers: readonly Layer[]): Promise<Opened> {
  const classes = (layers.at(-1) as { units: number }).units;
  const weights = initialize(layers, shape, classes, createRng(1));
  const compiled = () =>
    engine.compileFn(weights, (tensors, batch) => forward(layers, tensors, batch, { training: false }));
  const first = compiled();
  const rows = 500;
  const { data } = await first.run({ shape: [rows, ...shape], data: randomRecords(shape, rows, 2) });
  first.dispose();
  const last = layers.filter(({ kind }) => kind === "dense").length;
  const bias = weights[`dense${last}/bias`] as ArrayValue;
  data.forEach((logit, at) => {
    bias.data[at % classes] = (bias.data[at % classes] as number) - logit / rows;
  });
  return { model: compiled(), shape };
}

/** The search, interrupted ten times a second or so for some full batches of the model alone. */
async function timeAttack({ model, shape }: Opened, count: number) {
  const width = sizeOf(shape);
  const most = Number(values.rows ?? batchRows(width));
  const full = { shape: [most, ...shape], data: randomRecords(shape, most, 3) };
  const ask = inFixedBatches(labelsFrom(model, shape), width, most);
  const records = randomRecords(shape, count, 4);
  const labels = await ask(records);
  await searchOf(ask, records.subarray(0, 3 * width), labels.subarray(0, 3), shape, 300);

  let [raw, rawRows, queriesBefore, queries] = [0, 0, 0, 0];
  const timeRaw = async () => {
    const started = performance.now();
    for (let batch = 0; batch < 3; batch++) await model.run(full);
    raw += performance.now() - started;
    rawRows += 3 * most;
  };
  const started = performance.now();
  const result = await searchOf(
    async (rows) => {
      queries += rows.length / width;
      // A sixth of the time for the model alone, near to what it is compared with.
      if (queries - queriesBefore >= 15 * most) {
        await timeRaw();
        queriesBefore = queries;
      }
      return ask(rows);
    },
    records,
    labels,
    shape,
    budget,
  );
  const seconds = (performance.now() - started - raw) / 1000;
  if (rawRows === 0) await timeRaw();
  const found = result.found.reduce((sum, one) => sum + one, 0);
  return { seconds, queries, found, rawPerSecond: (1000 * rawRows) / raw };
}

/** How many times as fast the search is in batches as one row at a time: in all that it does, or in asking the model alone. */
async function compareWithSingle({ model, shape }: Opened): Promise<{ rows: number; asks: number }> {
  const width = sizeOf(shape);
  const labelled = labelsFrom(model, shape);
  const batched = inFixedBatches(labelled, width);
  const oneByOne: AskLabels = async (rows) => {
    const labels = new Int32Array(rows.length / width);
    for (let row = 0; row < labels.length; row++) {
      labels[row] = (await labelled(rows.subarray(row * width, (row + 1) * width)))[0] as number;
    }
    return labels;
  };
  const records = randomRecords(shape, 120, 5);
  const half = Math.ceil(budget / 2);
  const labels = await batched(records);
  const time = async (ask: AskLabels, queries: number, mostRows?: number) => {
    const started = performance.now();
    await searchOf(ask, records, labels, shape, queries, mostRows);
    return performance.now() - started;
  };
  for (const [ask, rows] of [[batched], [labelled, 1], [oneByOne]] as const) await time(ask, 200, rows);
  const [rows, asks]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < 3; turn++) {
    const before = await time(batched, half);
    const [singleRows, singleAsks] = [await time(labelled, half, 1), await time(oneByOne, half)];
    const mean = (before + (await time(batched, half))) / 2;
    rows.push(singleRows / mean);
    asks.push(singleAsks / mean);
  }
  const median = (ratios: number[]) => ratios.sort((a, b) => a - b)[1] as number;
  return { rows: median(rows), asks: median(asks) };
}

function searchOf(
  ask: AskLabels,
  records: Float32Array,
  labels: Int32Array,
  shape: readonly number[],
  budget: number,
  mostRows = values.rows === undefined || shape.length === 1 ? undefined : Number(values.rows),
) {
  return searchBoundary(ask, records, labels, {
    shape,
    low: 0,
    high: 1,
    geometry: "l2",
    checkpoints: [budget],
    rng: createRng(6),
    ...(mostRows !== undefined && { mostRows }),
  });
}

function randomRecords(shape: readonly number[], count: number, seed: number): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length: count * sizeOf(shape) }, () => rng.uniform());
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
