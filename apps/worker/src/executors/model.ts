import type { InputInfo, UnitUse } from "@shadowfarm/core/catalog";
import type { Rng } from "@shadowfarm/core/rng";
import { concatenate, sizeOf } from "@shadowfarm/engine/arrays";
import { encode, type FittedEncoding, type PlainRecords } from "@shadowfarm/ml/encoding";
import type { Weights } from "@shadowfarm/ml/network";
import { type OpenNetwork, openNetwork } from "@shadowfarm/ml/query";
import type { ClassicalModel, LearntArrays, ProbedModel } from "@shadowfarm/ml/unit";
import type { Bundle, Tensor, TypedArray } from "@shadowfarm/store/tensors";
import { ENCODING, type ExecutorContext, type WeightsMeta } from "./contract.ts";
import { tensorOf } from "./inputs.ts";
import { defenseNamed, modelNamed } from "./units.ts";

/** A trained model that can be asked, with its defense before it. It stays compiled until it is closed. */
export interface OpenModel extends ProbedModel {
  /** Posteriors, records × classes, of records that come in blocks of whole batches (`blockRows`), which it may change. */
  askBlocks(plain: AsyncIterable<PlainRecords>): Promise<Float32Array>;
  close(): void;
}

/**
 * @param bundle of a `weights` artifact
 * @param rng of the defense's own randomness
 */
export async function openModel(
  bundle: Bundle,
  { engine, defense, classes }: { engine: string; defense: UnitUse; classes: number },
  rng: Rng,
  { openEngine, signal }: ExecutorContext,
): Promise<OpenModel> {
  const { model, input, encoding } = bundle.meta as WeightsMeta;
  const fitted = { encoding, tensors: arraysOf(bundle, true) as FittedEncoding["tensors"] };
  const network = "unit" in model ? null : { layers: model.layers, weights: weightsOf(bundle), encoding: fitted };
  const answering: OpenNetwork =
    "unit" in model
      ? openClassical(model.unit, arraysOf(bundle, false), { input, classes })
      : openNetwork(await openEngine(engine), {
          layers: model.layers,
          weights: weightsOf(bundle),
          inputShape: input.shape,
        });
  const unit = defenseNamed(defense);
  const defended = (posteriors: Float32Array) =>
    unit.posteriors?.(posteriors, classes, defense.params, rng) ?? posteriors;
  return {
    input,
    classes,
    network,
    // A copy where an encoding changes what it is given.
    async ask(rows) {
      const own = encoding.kind === "standardize" ? rows.slice() : rows;
      return defended(await answering.ask(encode(fitted, input, own), signal));
    },
    async askBlocks(plain) {
      const answers: Float32Array[] = [];
      for await (const block of plain) answers.push(await answering.ask(encode(fitted, input, block), signal));
      return defended(concatenate(answers));
    },
    close: () => answering.close(),
  };
}

function openClassical(
  use: UnitUse,
  learnt: LearntArrays,
  { input, classes }: { input: InputInfo; classes: number },
): OpenNetwork {
  // The artifact says that it is one: a network's says its layers instead.
  const unit = modelNamed(use) as ClassicalModel;
  const width = sizeOf(input.shape);
  return { ask: async (features) => unit.ask(learnt, { features, width, classes }), close: () => {} };
}

function weightsOf(bundle: Bundle): Weights {
  const names = Object.keys(bundle.tensors).filter((name) => !name.startsWith(ENCODING));
  return Object.fromEntries(names.map((name) => [name, tensorOf(bundle, name, Float32Array)]));
}

/** The arrays that the model learnt, or those that its encoding learnt, by their own names. */
function arraysOf(bundle: Bundle, encoding: boolean): Record<string, TypedArray> {
  const names = Object.keys(bundle.tensors).filter((name) => name.startsWith(ENCODING) === encoding);
  return Object.fromEntries(
    names.map((name) => [encoding ? name.slice(ENCODING.length) : name, (bundle.tensors[name] as Tensor).data]),
  );
}
