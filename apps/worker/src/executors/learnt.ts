import type { Weights } from "@shadowfarm/ml/network";
import type { LearntArrays, LearntModel } from "@shadowfarm/ml/unit";
import type { Bundle, Tensor, TypedArray } from "@shadowfarm/store/tensors";
import { DEFENSE, ENCODING, type LearntMeta, type WeightsMeta } from "./contract.ts";
import { typed } from "./inputs.ts";
import { modelNamed } from "./units.ts";

type Tensors = Readonly<Record<string, Tensor>>;

/** What a model learnt as an artifact keeps it: what it is, and arrays whose names begin with `prefix`. */
export function keptModel(model: LearntModel, prefix = ""): { meta: LearntMeta; tensors: Record<string, Tensor> } {
  if ("layers" in model) return { meta: { layers: model.layers }, tensors: prefixed(model.weights, prefix) };
  if ("unit" in model) return { meta: { unit: model.unit }, tensors: vectors(model.learnt, prefix) };
  const parts = model.parts.map((part, at) => keptModel(part, `${prefix}part${at}/`));
  const top = keptModel(model.top, `${prefix}top/`);
  const tensors = [...parts, top].map((one) => one.tensors);
  return { meta: { parts: parts.map(({ meta }) => meta), top: top.meta }, tensors: Object.assign({}, ...tensors) };
}

/**
 * The model of a `weights` artifact.
 *
 * @throws {EnvironmentFault} when this worker has another version of a unit that is part of it.
 */
export function modelOf({ meta, tensors }: Bundle): LearntModel {
  const others = Object.entries(tensors).filter(([name]) => !name.startsWith(ENCODING) && !name.startsWith(DEFENSE));
  return modelIn((meta as WeightsMeta).model, Object.fromEntries(others));
}

/** Arrays as vectors, by names that begin with `prefix`. */
export function vectors(arrays: LearntArrays, prefix: string): Record<string, Tensor> {
  return prefixed(
    Object.fromEntries(Object.entries(arrays).map(([name, data]) => [name, { shape: [data.length], data }])),
    prefix,
  );
}

/** The arrays whose names begin with `prefix`, by the rest of their names. */
export function arraysOf(tensors: Tensors, prefix: string): Record<string, TypedArray> {
  return Object.fromEntries(Object.entries(within(tensors, prefix)).map(([name, { data }]) => [name, data]));
}

function modelIn(meta: LearntMeta, tensors: Tensors): LearntModel {
  if ("layers" in meta) return { layers: meta.layers, weights: weightsOf(tensors) };
  if ("unit" in meta) {
    modelNamed(meta.unit);
    return { unit: meta.unit, learnt: arraysOf(tensors, "") as LearntArrays };
  }
  const parts = meta.parts.map((part, at) => modelIn(part, within(tensors, `part${at}/`)));
  return { parts, top: modelIn(meta.top, within(tensors, "top/")) };
}

function weightsOf(tensors: Tensors): Weights {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, typed(tensor, name, Float32Array)]));
}

function prefixed(tensors: Tensors, prefix: string): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}

function within(tensors: Tensors, prefix: string): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  );
}
