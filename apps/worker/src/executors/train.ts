import { TrainingDiverged } from "@shadowfarm/core/errors";
import { createRng } from "@shadowfarm/core/rng";
import { sidesOf } from "@shadowfarm/core/split";
import type { Engine } from "@shadowfarm/engine/engine";
import { packSize } from "@shadowfarm/ml/pack";
import { type Lesson, type Recipe, type Trained, type TrainOptions, trainTogether } from "@shadowfarm/ml/train";
import type { ClaimOf, ExecutorContext, Made, RecordsMeta, WeightsMeta } from "./contract.ts";
import { gather, tensorOf } from "./inputs.ts";
import { defenseNamed, modelNamed } from "./units.ts";

/**
 * Records → one model's weights, trained on the members of its owner. Small models are trained together with others of
 * their kind, if there are any to be had.
 */
export async function train(
  job: ClaimOf<"train">,
  { read, openEngine, claimMore, signal }: ExecutorContext,
): Promise<ReadonlyMap<string, Made | Error>> {
  const { params } = job;
  const records = await read(params.inputs.records, "records");
  const { input, classes } = records.meta as RecordsMeta;
  const features = tensorOf(records, "features", Float32Array);
  const labels = tensorOf(records, "labels", Int32Array);
  const width = features.data.length / labels.data.length;
  const lessonOf = ({ params: { owner, split, seed } }: ClaimOf<"train">): Lesson => {
    const { members } = sidesOf(owner, labels.data.length, split);
    return {
      features: gather(features.data, width, members),
      labels: gather(labels.data, 1, members),
      rng: createRng(seed).child("train", owner),
    };
  };

  const model = modelNamed(params.model);
  const defense = defenseNamed(params.defense);
  const plain = model.layers(input, classes, params.model.params);
  const layers = defense.model?.(plain, params.defense.params) ?? plain;
  const training = defense.training?.(params.training, params.defense.params) ?? params.training;
  const recipe = { layers, inputShape: input.shape, classes, training };

  const engine = await openEngine(params.engine);
  const most = packSize(engine, recipe);
  const jobs = [job, ...(most > 1 ? ((await claimMore(most - 1)) as ClaimOf<"train">[]) : [])];
  // A model that might have been packed gets the same bits when there was no company.
  const trained = await trainAll(engine, recipe, jobs.map(lessonOf), { signal, asPack: most > 1 });
  return new Map(jobs.map(({ key }, at) => [key, madeOf(recipe, trained[at] as Trained | Error)]));
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

function madeOf({ layers }: Recipe, trained: Trained | Error): Made | Error {
  if (trained instanceof Error) return trained;
  const meta: WeightsMeta = { layers: [...layers], losses: [...trained.losses] };
  return { bundles: { weights: { meta, tensors: trained.weights } } };
}
