import type { InputInfo } from "@shadowfarm/core/catalog";
import { InvalidInput, TrainingDiverged } from "@shadowfarm/core/errors";
import type { TrainParams } from "@shadowfarm/core/job";
import { createRng } from "@shadowfarm/core/rng";
import { sidesOf } from "@shadowfarm/core/split";
import { sizeOf } from "@shadowfarm/engine/arrays";
import type { Engine } from "@shadowfarm/engine/engine";
import { encode, type FittedEncoding, fitEncoding } from "@shadowfarm/ml/encoding";
import { packSize } from "@shadowfarm/ml/pack";
import { type Lesson, type Recipe, type Trained, type TrainOptions, trainTogether } from "@shadowfarm/ml/train";
import type { ClassicalModel, LearntArrays, NetworkModel } from "@shadowfarm/ml/unit";
import type { Tensor } from "@shadowfarm/store/tensors";
import { type ClaimOf, ENCODING, type ExecutorContext, type Made, type WeightsMeta } from "./contract.ts";
import { type PreparedRecords, prepared } from "./records.ts";
import { defenseNamed, modelNamed } from "./units.ts";

/**
 * Records → what one model learnt, trained on the members of its owner. Small networks are trained together with others
 * of their kind, if there are any to be had.
 */
export async function train(
  job: ClaimOf<"train">,
  context: ExecutorContext,
): Promise<Made | ReadonlyMap<string, Made | Error>> {
  const model = modelNamed(job.params.model);
  const artifact = await context.open(job.params.inputs.records, "records");
  try {
    const records = await prepared(artifact);
    return await ("layers" in model
      ? trainNetworks(job, model, records, context)
      : fitClassical(job.params, model, records, context.signal));
  } finally {
    await artifact.close();
  }
}

async function trainNetworks(
  job: ClaimOf<"train">,
  model: NetworkModel,
  records: PreparedRecords,
  { openEngine, claimMore, signal }: ExecutorContext,
): Promise<ReadonlyMap<string, Made | Error>> {
  const { params } = job;
  const { input } = params;
  const defense = defenseNamed(params.defense);
  const plain = model.layers(input, records.classes, params.model.params);
  const layers = defense.model?.(plain, params.defense.params) ?? plain;
  const training = defense.training?.(params.training, params.defense.params) ?? params.training;
  const recipe = { layers, inputShape: input.shape, classes: records.classes, training };

  const engine = await openEngine(params.engine);
  const most = packSize(engine, recipe);
  const jobs = [job, ...(most > 1 ? ((await claimMore(most - 1)) as ClaimOf<"train">[]) : [])];
  const lessons: EncodedLesson[] = [];
  for (const { params } of jobs) lessons.push(await lessonOf(params, records));
  // A model that might have been packed gets the same bits when there was no company.
  const trained = await trainAll(engine, recipe, lessons, { signal, asPack: most > 1 });
  return new Map(
    jobs.map(({ key }, at) => [
      key,
      madeOf(recipe, input, lessons[at]?.fitted as FittedEncoding, trained[at] as Trained | Error),
    ]),
  );
}

async function fitClassical(
  params: TrainParams,
  model: ClassicalModel,
  records: PreparedRecords,
  signal: AbortSignal,
): Promise<Made> {
  const { input, defense } = params;
  const hooks = defenseNamed(defense);
  if (hooks.model || hooks.training) {
    throw new InvalidInput(`defense ${defense.name} changes a network, but ${model.name} is none; use another model`);
  }
  const { fitted, ...lesson } = await lessonOf(params, records);
  const { classes } = records;
  const learnt = await model.fit({ ...lesson, width: sizeOf(input.shape), classes, signal }, params.model.params);
  const meta: WeightsMeta = { model: { unit: params.model }, input, encoding: fitted.encoding, losses: [] };
  return {
    bundles: { weights: { meta, tensors: { ...tensorsOf(learnt, ""), ...tensorsOf(fitted.tensors, ENCODING) } } },
  };
}

function tensorsOf(arrays: LearntArrays, prefix: string): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, data]) => [prefix + name, { shape: [data.length], data }]),
  );
}

interface EncodedLesson extends Lesson {
  fitted: FittedEncoding;
}

/** The records of a model's members as its owner encodes them. */
async function lessonOf(
  { owner, split, seed, input, encoding }: TrainParams,
  records: PreparedRecords,
): Promise<EncodedLesson> {
  const { members } = sidesOf(owner, records.population, split);
  const plain = await records.take(members);
  const fitted = fitEncoding(encoding, input, plain);
  const features = encode(fitted, input, plain);
  const labels = Int32Array.from(members, (record) => records.labels[record] as number);
  return { features, labels, rng: createRng(seed).child("train", owner), fitted };
}

/** One that diverges must not take the others with it: then each is trained alone, which is slower and fails one alone. */
async function trainAll(
  engine: Engine,
  recipe: Recipe,
  lessons: readonly Lesson[],
  options: TrainOptions,
): Promise<(Trained | Error)[]> {
  try {
    return await trainTogether(engine, recipe, lessons, options);
  } catch (error) {
    if (!(error instanceof TrainingDiverged)) throw error;
    if (lessons.length === 1) return [error];
    const alone: (Trained | Error)[] = [];
    for (const lesson of lessons) alone.push(...(await trainAll(engine, recipe, [lesson], options)));
    return alone;
  }
}

function madeOf(
  { layers }: Recipe,
  input: InputInfo,
  { encoding, tensors }: FittedEncoding,
  trained: Trained | Error,
): Made | Error {
  if (trained instanceof Error) return trained;
  const meta: WeightsMeta = { model: { layers: [...layers] }, input, encoding, losses: [...trained.losses] };
  return { bundles: { weights: { meta, tensors: { ...trained.weights, ...tensorsOf(tensors, ENCODING) } } } };
}
