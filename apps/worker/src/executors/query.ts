import type { InputInfo } from "@shadowfarm/core/catalog";
import type { QueryParams } from "@shadowfarm/core/job";
import { createRng, type Rng } from "@shadowfarm/core/rng";
import { evaluationOf, membershipOf, outsideOf } from "@shadowfarm/core/split";
import { blockRows } from "@shadowfarm/ml/query";
import { randomPoints } from "@shadowfarm/ml/random-points";
import { viewsOf } from "@shadowfarm/ml/views";
import type { Tensor } from "@shadowfarm/store/tensors";
import type { ExecutorContext, Made, PosteriorsMeta } from "./contract.ts";
import { openModel } from "./model.ts";
import { type PreparedRecords, prepared, takenBlocks } from "./records.ts";

/**
 * A model's posteriors on a set of points, records × views × classes. On records of the dataset the artifact also holds
 * `labels`, `indices` (record numbers) and `isMember` (whether this model was trained on them); on random points none of
 * them exists.
 */
export async function query(params: QueryParams, context: ExecutorContext): Promise<Made> {
  const { points, views, engine, defense } = params;
  const weights = await context.read(params.inputs.weights, "weights");
  const rng = createRng(params.seed).child("query", points.set);
  const artifact = await context.open(params.inputs.records, "records");
  try {
    const records = await prepared(artifact);
    const { classes } = records;
    const { input, ask } = openModel(weights, { engine, defense, classes }, rng.child("defense"), context);
    const meta: PosteriorsMeta = { classes, views };
    if (points.set === "random") {
      const posteriors = await ask(randomBlock(input, records.distinct, points.count, rng));
      return madeOf(meta, posteriors, {});
    }
    const indices = indicesOf(params, records);
    const posteriors = await ask(viewBlocks(records, indices, input, views));
    const shape = [indices.length];
    return madeOf(meta, posteriors, {
      labels: { shape, data: Int32Array.from(indices, (record) => records.labels[record] as number) },
      indices: { shape, data: indices },
      isMember: { shape, data: membershipOf(params.owner, records.population, params.split, indices) },
    });
  } finally {
    await artifact.close();
  }
}

function madeOf(meta: PosteriorsMeta, posteriors: Float32Array, known: Record<string, Tensor>): Made {
  const { classes, views } = meta;
  const shape = [posteriors.length / (views * classes), ...(views > 1 ? [views] : []), classes];
  return { bundles: { posteriors: { meta, tensors: { posteriors: { shape, data: posteriors }, ...known } } } };
}

function indicesOf({ points, split }: QueryParams, { population }: PreparedRecords): Uint32Array {
  if (points.set === "evaluation") return evaluationOf(points.owner, population, split).indices;
  return outsideOf(population, split, (points as { count: number }).count);
}

async function* randomBlock(input: InputInfo, distinct: number, count: number, rng: Rng) {
  yield randomPoints(input, distinct, count, rng);
}

/** Views of blocks of records, each view of a block a whole number of batches. */
async function* viewBlocks(records: PreparedRecords, indices: Uint32Array, input: InputInfo, views: number) {
  for await (const block of takenBlocks(records, indices, blockRows(input.shape))) {
    yield block instanceof Float32Array ? viewsOf(block, input.shape, views) : block;
  }
}
