import type { InputInfo } from "@shadowfarm/core/catalog";
import { InvalidInput, TrainingDiverged } from "@shadowfarm/core/errors";
import type { TrainParams } from "@shadowfarm/core/job";
import { createRng } from "@shadowfarm/core/rng";
import { referenceOf, sidesOf } from "@shadowfarm/core/split";
import { sizeOf } from "@shadowfarm/engine/arrays";
import type { Engine } from "@shadowfarm/engine/engine";
import type { BoundDefense } from "@shadowfarm/ml/bound-defense";
import type { Built, School } from "@shadowfarm/ml/defense";
import { encode, type FittedEncoding, fitEncoding } from "@shadowfarm/ml/encoding";
import type { EncodingArrays, Lesson, Recipe } from "@shadowfarm/ml/lesson";
import { packSize } from "@shadowfarm/ml/pack";
import { randomPoints } from "@shadowfarm/ml/random-points";
import { type Trained, type TrainOptions, trainTogether } from "@shadowfarm/ml/train";
import type { ClassicalModel, NetworkModel } from "@shadowfarm/ml/unit";
import { type ClaimOf, DEFENSE, ENCODING, type ExecutorContext, type Made, type WeightsMeta } from "./contract.ts";
import { keptModel, vectors } from "./learnt.ts";
import { type PreparedRecords, prepared } from "./records.ts";
import { defenseUsed, modelNamed } from "./units.ts";

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
  { openEngine, resuming, claimMore, signal }: ExecutorContext,
): Promise<ReadonlyMap<string, Made | Error>> {
  const { params } = job;
  const { input } = params;
  const defense = defenseUsed(params.defense);
  const plain = model.layers(input, records.classes, params.model.params);
  const layers = defense.model?.(plain) ?? plain;
  const training = defense.training?.(params.training) ?? params.training;
  const { objective, targets } = defense;
  const recipe = {
    ...{ layers, inputShape: input.shape, classes: records.classes, training },
    ...(objective && { objective: { of: objective, input } }),
  };

  const engine = await openEngine(params.engine);
  if (defense.build) {
    const { fitted, ...plain } = await lessonOf(params, records);
    const lesson = { ...plain, ...(targets && { targets: targets(plain.labels, records.classes) }) };
    const reference = await referenceOfOwner(params, records, defense, fitted);
    const points = lesson.rng.child("random points");
    const random = async (count: number) => encode(fitted, input, randomPoints(input, records.distinct, count, points));
    const school = { engine: await resuming(engine, [job]), recipe, lesson, reference, random, signal };
    const built = await defense.build(school);
    return new Map([[job.key, madeOf(built, input, fitted)]]);
  }
  const seesRecords = objective && objective.sees !== "logits";
  const most = objective ? 1 : packSize(engine, recipe);
  const jobs = [job, ...(most > 1 ? ((await claimMore(most - 1)) as ClaimOf<"train">[]) : [])];
  const lessons: FittedLesson[] = [];
  for (const { params } of jobs) {
    const lesson = await (seesRecords ? plainLessonOf : lessonOf)(params, records);
    lessons.push({ ...lesson, ...(targets && { targets: targets(lesson.labels, records.classes) }) });
  }
  // A model that might have been packed gets the same bits when there was no company.
  const trained = await trainAll(await resuming(engine, jobs), recipe, lessons, { signal, asPack: most > 1 });
  return new Map(
    jobs.map(({ key }, at): [string, Made | Error] => {
      const one = trained[at] as Trained | Error;
      if (one instanceof Error) return [key, one];
      const built = { model: { layers, weights: one.weights }, losses: one.losses };
      return [key, madeOf(built, input, lessons[at]?.fitted as FittedEncoding)];
    }),
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
  return madeOf({ model: { unit: params.model, learnt }, losses: new Float64Array() }, input, fitted);
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

/** The records that the owner holds besides its members, as its encoding has them. */
async function referenceOfOwner(
  { owner, split, input }: TrainParams,
  { labels, population, take }: PreparedRecords,
  defense: BoundDefense,
  fitted: FittedEncoding,
): Promise<School["reference"]> {
  const count = defense.reference(split.side);
  if (count === 0) return { features: new Float32Array(), labels: new Int32Array() };
  const indices = referenceOf(owner, population, split, count);
  return {
    features: encode(fitted, input, await take(indices)),
    labels: Int32Array.from(indices, (record) => labels[record] as number),
  };
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

function madeOf({ model, losses, learnt = {}, privacy }: Built, input: InputInfo, fitted: FittedEncoding): Made {
  const kept = keptModel(model);
  const { encoding } = fitted;
  const meta: WeightsMeta = { model: kept.meta, input, encoding, losses: [...losses], ...(privacy && { privacy }) };
  const others = { ...vectors(fitted.tensors, ENCODING), ...vectors(learnt, DEFENSE) };
  return { bundles: { weights: { meta, tensors: { ...kept.tensors, ...others } } } };
}
