import type { InputInfo, ProbeUse } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import type { QueryParams } from "@shadowfarm/core/job";
import { createRng, type Rng } from "@shadowfarm/core/rng";
import { evaluationOf, membershipOf, outsideOf } from "@shadowfarm/core/split";
import { blockRows, predictedClasses } from "@shadowfarm/ml/query";
import { randomPoints } from "@shadowfarm/ml/random-points";
import { viewsOf } from "@shadowfarm/ml/views";
import type { Tensor } from "@shadowfarm/store/tensors";
import type { ExecutorContext, Made, PosteriorsMeta, WeightsMeta } from "./contract.ts";
import { type OpenModel, openModel } from "./model.ts";
import { type PreparedRecords, prepared, takenBlocks } from "./records.ts";
import { probeNamed } from "./units.ts";

/**
 * A model's posteriors on a set of points, records × views × classes. On records of the dataset the artifact also holds
 * `labels`, `indices` (record numbers) and `isMember` (whether this model was trained on them); on random points none of
 * them exists. With a probe the artifact is `probed` instead: what the probe found of each point, and its queries.
 */
export async function query(params: QueryParams, context: ExecutorContext): Promise<Made> {
  const { points, engine, defense } = params;
  const weights = await context.read(params.inputs.weights, "weights");
  const rng = createRng(params.seed).child("query", points.set);
  const artifact = await context.open(params.inputs.records, "records");
  try {
    const records = await prepared(artifact);
    const { classes } = records;
    const model = await openModel(weights, { engine, defense, classes }, rng.child("defense"), context);
    try {
      if (params.probe) return await probed(params.probe, params, { records, model, rng }, context);
      const { privacy } = weights.meta as WeightsMeta;
      return await answered(params, records, model, { rng, ...(privacy && { privacy }) });
    } finally {
      model.close();
    }
  } finally {
    await artifact.close();
  }
}

async function answered(
  params: QueryParams,
  records: PreparedRecords,
  { input, classes, askBlocks }: OpenModel,
  { rng, ...spent }: { rng: Rng } & Pick<PosteriorsMeta, "privacy">,
): Promise<Made> {
  const { points, views } = params;
  const meta: PosteriorsMeta = { classes, views, ...spent };
  if (points.set === "random") {
    return madeOf(meta, await askBlocks(randomBlock(input, records.distinct, points.count, rng)), {});
  }
  const indices = indicesOf(params, records);
  const posteriors = await askBlocks(viewBlocks(records, indices, input, views));
  const shape = [indices.length];
  return madeOf(meta, posteriors, {
    labels: { shape, data: Int32Array.from(indices, (record) => records.labels[record] as number) },
    indices: { shape, data: indices },
    isMember: { shape, data: membershipOf(params.owner, records.population, params.split, indices) },
  });
}

/** The points that a plain query is about are the same ones, so that what the probe found goes with the answers. */
async function probed(
  use: ProbeUse,
  params: QueryParams,
  { records, model, rng }: { records: PreparedRecords; model: OpenModel; rng: Rng },
  { openEngine, signal }: ExecutorContext,
): Promise<Made> {
  const { points, seed } = params;
  const { input, classes } = model;
  const unit = probeNamed(use);
  const known = points.set === "random" ? null : indicesOf(params, records);
  const features = known
    ? await records.take(known)
    : randomPoints(input, records.distinct, (points as { count: number }).count, rng);
  if (!(features instanceof Float32Array)) throw new InvalidInput(`${use.name} cannot ask about text`);
  const labels = known
    ? Int32Array.from(known, (record) => records.labels[record] as number)
    : predictedClasses(await model.ask(features), classes);
  const found = await unit.run(model, { features, labels }, use.params, {
    checkpoints: use.checkpoints ?? [],
    rng: createRng(seed).child("probe", use.name, points.set),
    engine: await openEngine(params.engine),
    signal,
  });
  const tensors: Record<string, Tensor> = { queries: { shape: [labels.length], data: found.queries } };
  for (const [name, data] of Object.entries(found.arrays)) {
    tensors[name] = { shape: [labels.length, data.length / labels.length], data };
  }
  return { bundles: { probed: { meta: {}, tensors } } };
}

function madeOf(meta: PosteriorsMeta, posteriors: Float32Array, known: Record<string, Tensor>): Made {
  const { classes, views } = meta;
  const shape = [posteriors.length / (views * classes), ...(views > 1 ? [views] : []), classes];
  return { bundles: { posteriors: { meta, tensors: { posteriors: { shape, data: posteriors }, ...known } } } };
}

function indicesOf({ points, split }: QueryParams, { population }: PreparedRecords): Uint32Array {
  if (points.set === "evaluation") return evaluationOf(points.owner, population, split, points.most).indices;
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
