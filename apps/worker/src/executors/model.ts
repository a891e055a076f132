import type { InputInfo, UnitUse } from "@shadowfarm/core/catalog";
import type { Rng } from "@shadowfarm/core/rng";
import { concatenate, sizeOf } from "@shadowfarm/engine/arrays";
import { encode, type FittedEncoding, type PlainRecords } from "@shadowfarm/ml/encoding";
import { query } from "@shadowfarm/ml/query";
import type { ClassicalModel, LearntArrays } from "@shadowfarm/ml/unit";
import type { Bundle, Tensor, TypedArray } from "@shadowfarm/store/tensors";
import { ENCODING, type ExecutorContext, type WeightsMeta } from "./contract.ts";
import { tensorOf } from "./inputs.ts";
import { defenseNamed, modelNamed } from "./units.ts";

/** A trained model that can be asked, with its defense before it. */
export interface OpenModel {
  input: InputInfo;
  /** Posteriors, records × classes, of records that come in blocks of whole batches (`blockRows`). */
  ask(plain: AsyncIterable<PlainRecords>): Promise<Float32Array>;
}

/**
 * @param bundle of a `weights` artifact
 * @param rng of the defense's own randomness
 */
export function openModel(
  bundle: Bundle,
  { engine, defense, classes }: { engine: string; defense: UnitUse; classes: number },
  rng: Rng,
  { openEngine, signal }: ExecutorContext,
): OpenModel {
  const meta = bundle.meta as WeightsMeta;
  const { input } = meta;
  const fitted = { encoding: meta.encoding, tensors: arraysOf(bundle, true) as FittedEncoding["tensors"] };
  const answer = async (features: AsyncIterable<Float32Array>): Promise<Float32Array> => {
    const { model } = meta;
    if ("unit" in model) return askClassical(model.unit, arraysOf(bundle, false), features, { input, classes });
    const names = Object.keys(bundle.tensors).filter((name) => !name.startsWith(ENCODING));
    const weights = Object.fromEntries(names.map((name) => [name, tensorOf(bundle, name, Float32Array)]));
    const { layers } = model;
    return query(await openEngine(engine), { layers, weights, inputShape: input.shape, features, signal });
  };
  const unit = defenseNamed(defense);
  return {
    input,
    async ask(plain) {
      const answered = await answer(encodedBlocks(plain, fitted, input));
      return unit.posteriors?.(answered, classes, defense.params, rng) ?? answered;
    },
  };
}

async function askClassical(
  use: UnitUse,
  learnt: LearntArrays,
  blocks: AsyncIterable<Float32Array>,
  { input, classes }: { input: InputInfo; classes: number },
): Promise<Float32Array> {
  // The artifact says that it is one: a network's says its layers instead.
  const unit = modelNamed(use) as ClassicalModel;
  const answers: Float32Array[] = [];
  for await (const features of blocks) {
    answers.push(await unit.ask(learnt, { features, width: sizeOf(input.shape), classes }));
  }
  return concatenate(answers);
}

/** The arrays that the model learnt, or those that its encoding learnt, by their own names. */
function arraysOf(bundle: Bundle, encoding: boolean): Record<string, TypedArray> {
  const names = Object.keys(bundle.tensors).filter((name) => name.startsWith(ENCODING) === encoding);
  return Object.fromEntries(
    names.map((name) => [encoding ? name.slice(ENCODING.length) : name, (bundle.tensors[name] as Tensor).data]),
  );
}

async function* encodedBlocks(plain: AsyncIterable<PlainRecords>, fitted: FittedEncoding, input: InputInfo) {
  for await (const block of plain) yield encode(fitted, input, block);
}
