import type { TrainParams } from "@shadowfarm/core/job";
import { createRng } from "@shadowfarm/core/rng";
import { sidesOf } from "@shadowfarm/core/split";
import { train as trainModel } from "@shadowfarm/ml/train";
import type { ExecutorContext, Made, RecordsMeta, WeightsMeta } from "./contract.ts";
import { gather, tensorOf } from "./inputs.ts";
import { defenseNamed, modelNamed, openNamedEngine } from "./units.ts";

/** Records → one model's weights, trained on the members of its owner. */
export async function train(params: TrainParams, { read, signal }: ExecutorContext): Promise<Made> {
  const records = await read(params.inputs.records, "records");
  const { input, classes } = records.meta as RecordsMeta;
  const features = tensorOf(records, "features", Float32Array);
  const labels = tensorOf(records, "labels", Int32Array);
  const { members } = sidesOf(params.owner, labels.data.length, params.split);

  const model = modelNamed(params.model);
  const defense = defenseNamed(params.defense);
  const plain = model.layers(input, classes, params.model.params);
  const layers = defense.model?.(plain, params.defense.params) ?? plain;
  const training = defense.training?.(params.training, params.defense.params) ?? params.training;

  const width = features.data.length / labels.data.length;
  const { weights, losses } = await trainModel(await openNamedEngine(params.engine), {
    layers,
    inputShape: input.shape,
    classes,
    features: gather(features.data, width, members),
    labels: gather(labels.data, 1, members),
    training,
    rng: createRng(params.seed).child("train", params.owner),
    signal,
  });
  const meta: WeightsMeta = { layers, losses: [...losses] };
  return { bundles: { weights: { meta, tensors: weights } } };
}
