import type { InputInfo } from "@shadowfarm/core/catalog";
import type { QueryParams } from "@shadowfarm/core/job";
import { createRng, type Rng } from "@shadowfarm/core/rng";
import { evaluationOf } from "@shadowfarm/core/split";
import { query as queryModel } from "@shadowfarm/ml/query";
import { randomPoints } from "@shadowfarm/ml/random-points";
import type { Bundle, Tensor } from "@shadowfarm/store/tensors";
import type { ExecutorContext, Made, PosteriorsMeta, RecordsMeta, WeightsMeta } from "./contract.ts";
import { gather, tensorOf } from "./inputs.ts";
import { defenseNamed } from "./units.ts";

/**
 * A model's posteriors on a set of points. On an owner's members and non-members the artifact also holds `labels`,
 * `indices` (record numbers) and `isMember`; on random points none of them exists.
 */
export async function query(params: QueryParams, { read, openEngine, signal }: ExecutorContext): Promise<Made> {
  const records = await read(params.inputs.records, "records");
  const weights = await read(params.inputs.weights, "weights");
  const { input, classes } = records.meta as RecordsMeta;
  const rng = createRng(params.seed).child("query", params.points.set);

  const { features, known } = pointsOf(params, records, input, rng);
  const answered = await queryModel(await openEngine(params.engine), {
    layers: (weights.meta as WeightsMeta).layers,
    weights: Object.fromEntries(
      Object.keys(weights.tensors).map((name) => [name, tensorOf(weights, name, Float32Array)]),
    ),
    inputShape: input.shape,
    features,
    signal,
  });
  const defense = defenseNamed(params.defense);
  const posteriors = defense.posteriors?.(answered, classes, params.defense.params, rng.child("defense")) ?? answered;
  const meta: PosteriorsMeta = { classes };
  const shape = [posteriors.length / classes, classes];
  return { bundles: { posteriors: { meta, tensors: { posteriors: { shape, data: posteriors }, ...known } } } };
}

function pointsOf(
  { points, split }: QueryParams,
  records: Bundle,
  input: InputInfo,
  rng: Rng,
): { features: Float32Array; known: Record<string, Tensor> } {
  if (points.set === "random") return { features: randomPoints(input, points.count, rng), known: {} };
  const features = tensorOf(records, "features", Float32Array).data;
  const labels = tensorOf(records, "labels", Int32Array).data;
  const { indices, isMember } = evaluationOf(points.owner, labels.length, split);
  const shape = [indices.length];
  return {
    features: gather(features, features.length / labels.length, indices),
    known: {
      labels: { shape, data: gather(labels, 1, indices) },
      indices: { shape, data: indices },
      isMember: { shape, data: isMember },
    },
  };
}
