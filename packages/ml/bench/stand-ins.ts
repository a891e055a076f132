import { parseArgs } from "node:util";
import { createRng } from "@shadowfarm/core/rng";
import { auc } from "@shadowfarm/core/roc";
import { sidesOf } from "@shadowfarm/core/split";
import { trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import { datasets } from "../src/datasets/index.ts";
import { encode, fitEncoding, type PlainRecords, termRows, valuesOf } from "../src/encoding.ts";
import { cnn } from "../src/models/cnn.ts";
import { mlp } from "../src/models/mlp.ts";
import { predictedClasses, query } from "../src/query.ts";
import { train } from "../src/train.ts";
import type { Dataset, Records } from "../src/unit.ts";

// How hard a stand-in is: trains the default model on some of its records, asks it about as many others, and prints one
// JSON object a seed with what the papers report beside it.

interface Calibration {
  members: number;
  /** Records to generate; twice as many as members when absent. */
  generated?: number;
  /** Of Salem et al. 2019 (figures 2, 9 and 15), Shokri et al. 2017 (table III) or the real data here; see the stand-ins. */
  paper: { testAccuracy: number; gap: number; auc?: number };
}

const calibrations: Readonly<Record<string, Calibration>> = {
  adult: { members: 12_210, paper: { testAccuracy: 0.85, gap: 0.02, auc: 0.499 } },
  cifar10: { members: 2500, paper: { testAccuracy: 0.6, gap: 0.4, auc: 0.817 } },
  cifar100: { members: 2500, paper: { testAccuracy: 0.22, gap: 0.78, auc: 0.972 } },
  face: { members: 466, paper: { testAccuracy: 0.68, gap: 0.32, auc: 0.848 } },
  "fashion-mnist": { members: 2500, paper: { testAccuracy: 0.9, gap: 0.1 } },
  gtsrb: { members: 978, generated: 3921, paper: { testAccuracy: 0.67, gap: 0.33, auc: 0.806 } },
  location: { members: 1252, paper: { testAccuracy: 0.62, gap: 0.39, auc: 0.891 } },
  mnist: { members: 2500, paper: { testAccuracy: 0.98, gap: 0.02, auc: 0.514 } },
  news: { members: 4711, paper: { testAccuracy: 0.68, gap: 0.28, auc: 0.925 } },
  purchase2: { members: 10_000, paper: { testAccuracy: 0.95, gap: 0.05, auc: 0.53 } },
  purchase10: { members: 10_000, paper: { testAccuracy: 0.87, gap: 0.13, auc: 0.586 } },
  purchase20: { members: 10_000, paper: { testAccuracy: 0.84, gap: 0.16, auc: 0.625 } },
  purchase50: { members: 10_000, paper: { testAccuracy: 0.76, gap: 0.23, auc: 0.746 } },
  purchase100: { members: 10_000, paper: { testAccuracy: 0.68, gap: 0.31, auc: 0.865 } },
  texas100: { members: 10_000, paper: { testAccuracy: 0.55, gap: 0.45 } },
  "yale-face": { members: 600, paper: { testAccuracy: 0.98, gap: 0.02 } },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    records: { type: "string" },
    generated: { type: "string" },
    epochs: { type: "string" },
    seeds: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
  },
});
const name = positionals[0] ?? "";
const calibration = calibrations[name];
if (calibration === undefined || positionals.length !== 1) {
  process.stderr.write(
    `usage: ${Object.keys(calibrations).join("|")} [--records MEMBERS] [--generated RECORDS] [--epochs N] [--seed FIRST] [--seeds N]\n`,
  );
  process.exit(2);
}
const engine = await openEngine("onnx");
const dataset = datasets[name as keyof typeof datasets] as Dataset;
const { classes } = dataset;
const { paper } = calibration;
const params = dataset.params.parse({});
const input = dataset.input(params);
const encoding = dataset.encoding(params);
const side = Number(values.records ?? calibration.members);
const generated = Number(values.generated ?? calibration.generated ?? 2 * side);
const first = Number(values.seed);
for (let seed = first; seed < first + Number(values.seeds); seed++) await measure(seed);

async function measure(seed: number): Promise<void> {
  const begun = performance.now();
  const records = dataset.synthesize(createRng(`calibration/${seed}`), generated);
  const made = performance.now();
  const population = { records: generated, groups: records.groups ?? null };
  const { members, nonMembers } = sidesOf("target", population, { scheme: "halves", seed: String(seed), side });
  const fitted = fitEncoding(encoding, input, plain(records, members));
  const encoded = (indices: Uint32Array) => encode(fitted, input, plain(records, indices));
  const labelsOf = (indices: Uint32Array) => Int32Array.from(indices, (index) => records.labels[index] as number);
  const layers =
    input.kind === "image"
      ? cnn.layers(input, classes, cnn.params.parse({}))
      : mlp.layers(input, classes, mlp.params.parse({}));
  const training = trainingSchema.parse(values.epochs === undefined ? {} : { epochs: Number(values.epochs) });
  const { weights, losses } = await train(
    engine,
    { layers, inputShape: input.shape, classes, training },
    { features: encoded(members), labels: labelsOf(members), rng: createRng(seed).child("target") },
  );
  const trained = performance.now();
  const judge = async (indices: Uint32Array) => {
    const posteriors = await query(engine, { layers, weights, inputShape: input.shape, features: encoded(indices) });
    const labels = labelsOf(indices);
    const right = predictedClasses(posteriors, classes).filter((predicted, at) => predicted === labels[at]).length;
    const largest = Float64Array.from({ length: indices.length }, (_, record) =>
      posteriors.subarray(record * classes, (record + 1) * classes).reduce((most, value) => Math.max(most, value), 0),
    );
    return { accuracy: right / indices.length, largest };
  };
  const inside = await judge(members);
  const outside = await judge(nonMembers);
  const scores = Float64Array.of(...inside.largest, ...outside.largest);
  const isMember = Uint8Array.from(scores, (_, at) => (at < members.length ? 1 : 0));
  const line = {
    dataset: name,
    seed,
    members: members.length,
    epochs: training.epochs,
    trainAccuracy: round(inside.accuracy),
    testAccuracy: round(outside.accuracy),
    gap: round(inside.accuracy - outside.accuracy),
    auc: round(auc(scores, isMember)),
    loss: round(losses.at(-1) ?? 0),
    paper,
    secondsToGenerate: round((made - begun) / 1000),
    secondsToTrain: Math.round((trained - made) / 1000),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Some records as values or term counts, not yet encoded; a new array each time. */
function plain({ features, labels }: Records, indices: Uint32Array): PlainRecords {
  if ("terms" in features) return termRows(features, indices);
  const width = features.length / labels.length;
  const some =
    features instanceof Uint8Array ? new Uint8Array(indices.length * width) : new Float32Array(indices.length * width);
  indices.forEach((from, to) => {
    some.set(features.subarray(from * width, (from + 1) * width), to * width);
  });
  return valuesOf(input, some);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
