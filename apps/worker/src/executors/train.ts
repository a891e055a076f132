import type { InputInfo } from "@shadowfarm/core/catalog";
import { TrainingDiverged } from "@shadowfarm/core/errors";
import type { TrainParams } from "@shadowfarm/core/job";
import { createRng } from "@shadowfarm/core/rng";
import { sidesOf } from "@shadowfarm/core/split";
import type { Engine } from "@shadowfarm/engine/engine";
import { encode, type FittedEncoding, fitEncoding } from "@shadowfarm/ml/encoding";
import { packSize } from "@shadowfarm/ml/pack";
import { type Lesson, type Recipe, type Trained, type TrainOptions, trainTogether } from "@shadowfarm/ml/train";
import { type ClaimOf, ENCODING, type ExecutorContext, type Made, type WeightsMeta } from "./contract.ts";
import { type PreparedRecords, prepared } from "./records.ts";
import { defenseNamed, modelNamed } from "./units.ts";

/**
 * Records → one model's weights, trained on the members of its owner. Small models are trained together with others of
 * their kind, if there are any to be had.
 */
export async function train(
  job: ClaimOf<"train">,
  { open, openEngine, claimMore, signal }: ExecutorContext,
): Promise<ReadonlyMap<string, Made | Error>> {
  const { params } = job;
  const { input } = params;
  const model = modelNamed(params.model);
  const defense = defenseNamed(params.defense);
  const artifact = await open(params.inputs.records, "records");
  try {
    const records = await prepared(artifact);
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
  } finally {
    await artifact.close();
  }
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
  const meta: WeightsMeta = { layers: [...layers], input, encoding, losses: [...trained.losses] };
  const learnt = Object.entries(tensors).map(([name, data]) => [ENCODING + name, { shape: [data.length], data }]);
  return { bundles: { weights: { meta, tensors: { ...trained.weights, ...Object.fromEntries(learnt) } } } };
}
