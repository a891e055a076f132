import type { LoadParams, MakeUpParams, PrepareParams } from "@shadowfarm/core/job";
import { createRng } from "@shadowfarm/core/rng";
import { type Split, sidesOf } from "@shadowfarm/core/split";
import { sizeOf } from "@shadowfarm/engine/arrays";
import { loadRecords } from "@shadowfarm/ml/data-source";
import { levelsOf } from "@shadowfarm/ml/encoding";
import { featuresOf } from "@shadowfarm/ml/features";
import { addNoise, drawMarginals, type MadeUp, synthesize } from "@shadowfarm/ml/made-records";
import { blockRows, predictedClasses } from "@shadowfarm/ml/query";
import type { Bundle } from "@shadowfarm/store/tensors";
import type { ExecutorContext, Made, RecordsMeta } from "./contract.ts";
import { openModel } from "./model.ts";
import { type PreparedRecords, prepared, recordsBundle, takenBlocks } from "./records.ts";

/** Dataset → its records, decoded once for all models; or records → those that an attacker makes up. */
export async function prepare(params: PrepareParams, context: ExecutorContext): Promise<Made> {
  return { bundles: { records: await ("made" in params ? madeUp(params, context) : loaded(params, context)) } };
}

async function loaded(params: LoadParams, { datasetFolders }: ExecutorContext): Promise<Bundle> {
  const { dataset, records } = await loadRecords(params.dataset, datasetFolders);
  // How records are given to a model is the model's affair; here any parameters do.
  return recordsBundle(dataset.input(dataset.params.parse({})), dataset.classes, records);
}

async function madeUp(params: MakeUpParams, context: ExecutorContext): Promise<Bundle> {
  const { input, made } = params;
  if (made.kind === "relabelled") return relabelled(params, context);
  const artifact = await context.open(params.inputs.records, "records");
  try {
    const records = await prepared(artifact);
    const { classes, labels, population } = records;
    if (made.kind === "noise") {
      const features = await noisy(params, records);
      const groups = population.groups === null ? {} : { groups: population.groups };
      return recordsBundle(input, classes, { features, labels, ...groups });
    }
    const { values, labels: found, queries } = await invented(params, records, context);
    return recordsBundle(input, classes, { features: levelsOf(input, values), labels: found }, queries);
  } finally {
    await artifact.close();
  }
}

/** All records, those of the attacker with the labels that the target gives them. */
async function relabelled(params: MakeUpParams, context: ExecutorContext): Promise<Bundle> {
  const { inputs, split, seed, engine, defense } = params;
  const artifact = await context.open(inputs.records, "records");
  try {
    const records = await prepared(artifact);
    const { classes } = records;
    const own = attackersOf(records, split);
    const weights = await context.read(inputs.target as string, "weights");
    const rng = createRng(seed).child("relabelled");
    const target = await openModel(weights, { engine, defense, classes }, rng, context);
    try {
      const blocks = takenBlocks(records, own, blockRows(target.input.shape));
      const given = predictedClasses(await target.askBlocks(blocks), classes);
      const labels = records.labels.slice();
      own.forEach((record, at) => {
        labels[record] = given[at] as number;
      });
      const { meta, tensors } = await context.read(inputs.records, "records");
      const ofLabels = { shape: [labels.length], data: labels };
      return { meta: { ...(meta as RecordsMeta), queries: own.length }, tensors: { ...tensors, labels: ofLabels } };
    } finally {
      target.close();
    }
  } finally {
    await artifact.close();
  }
}

/** All records but those on which the target is judged. */
function attackersOf({ labels, population }: PreparedRecords, split: Split): Uint32Array {
  const judged = sidesOf("target", population, split);
  const theirs = new Set([...judged.members, ...judged.nonMembers]);
  return Uint32Array.from([...labels.keys()].filter((record) => !theirs.has(record)));
}

/** All records with noise, a block at a time, so that the split can deal them as it deals the real ones. */
async function noisy(
  { input, made, seed }: MakeUpParams,
  records: PreparedRecords,
): Promise<Uint8Array | Float32Array> {
  if (made.kind !== "noise") throw new TypeError(`records of kind ${made.kind} are not noisy ones`);
  const width = sizeOf(input.shape);
  const features = featuresOf(input);
  const rng = createRng(seed).child("noise");
  const count = records.labels.length;
  const all = input.kind === "tabular" ? new Float32Array(count * width) : new Uint8Array(count * width);
  let at = 0;
  for await (const block of takenBlocks(records, Uint32Array.from(records.labels.keys()), blockRows(input.shape))) {
    const values = block as Float32Array;
    addNoise({ values, width }, features, made.share, rng);
    all.set(levelsOf(input, values), at);
    at += values.length;
  }
  return all;
}

/** Records that no one has, with the target's help. */
async function invented(params: MakeUpParams, records: PreparedRecords, context: ExecutorContext): Promise<MadeUp> {
  const { input, made, engine, defense, seed, split } = params;
  if (made.kind === "noise" || made.kind === "relabelled" || params.inputs.target === null) {
    throw new TypeError(`records of kind ${made.kind} are not made up with the target's help`);
  }
  const { classes } = records;
  const rng = createRng(seed).child("made", made.kind);
  const weights = await context.read(params.inputs.target, "weights");
  const target = await openModel(weights, { engine, defense, classes }, rng.child("defense"), context);
  const { ask } = target;
  const features = featuresOf(input);
  const width = sizeOf(input.shape);
  try {
    if (made.kind === "synthesis") {
      const { signal } = context;
      return await synthesize(features, { ...made.search, records: made.records, classes, width, ask, rng, signal });
    }
    // The attacker's own records, from which it knows the marginals.
    const values = (await records.take(attackersOf(records, split))) as Float32Array;
    return await drawMarginals({ values, width }, features, { records: made.records, classes, ask, rng });
  } finally {
    target.close();
  }
}
