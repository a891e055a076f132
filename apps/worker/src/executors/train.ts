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
import type { EncodingArrays } from "@shadowfarm/ml/training-program";
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
  const objective = defense.objective?.(params.defense.params);
  const recipe = {
    ...{ layers, inputShape: input.shape, classes: records.classes, training },
    ...(objective && { objective: { of: objective, input } }),
  };

  const engine = await openEngine(params.engine);
  const most = objective ? 1 : packSize(engine, recipe);
  const jobs = [job, ...(most > 1 ? ((await claimMore(most - 1)) as ClaimOf<"train">[]) : [])];
  const lessons: FittedLesson[] = [];
  for (const { params } of jobs) lessons.push(await (objective ? plainLessonOf : lessonOf)(params, records));
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
  const { input } = params;
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

interface FittedLesson extends Lesson {
  fitted: FittedEncoding;
}

/** The records of a model's members as its owner encodes them. */
async function lessonOf(params: TrainParams, records: PreparedRecords): Promise<FittedLesson> {
  const { plain, ...lesson } = await membersOf(params, records);
  return { ...lesson, features: encode(lesson.fitted, params.input, plain) };
}

/** The same for an objective, which is given plain records and what becomes of them. */
async function plainLessonOf(params: TrainParams, records: PreparedRecords): Promise<FittedLesson> {
  const { plain, ...lesson } = await membersOf(params, records);
  if (!(plain instanceof Float32Array)) throw new InvalidInput("text cannot be trained on by an objective of its own");
  const { mean, deviation } = lesson.fitted.tensors as Partial<EncodingArrays>;
  return { ...lesson, features: plain, ...(mean && deviation && { encoding: { mean, deviation } }) };
}

async function membersOf({ owner, split, seed, input, encoding }: TrainParams, records: PreparedRecords) {
  const { members } = sidesOf(owner, records.population, split);
  const plain = await records.take(members);
  const labels = Int32Array.from(members, (record) => records.labels[record] as number);
  return { plain, labels, fitted: fitEncoding(encoding, input, plain), rng: createRng(seed).child("train", owner) };
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
