import type { UnitUse } from "@shadowfarm/core/catalog";
import type { Rng } from "@shadowfarm/core/rng";
import { concatenate } from "@shadowfarm/engine/arrays";
import { encode, type FittedEncoding, type PlainRecords } from "@shadowfarm/ml/encoding";
import { openLearnt } from "@shadowfarm/ml/learnt";
import type { LearntArrays, ProbedModel } from "@shadowfarm/ml/unit";
import type { Bundle } from "@shadowfarm/store/tensors";
import { DEFENSE, ENCODING, type ExecutorContext, type WeightsMeta } from "./contract.ts";
import { arraysOf, modelOf } from "./learnt.ts";
import { defenseUsed } from "./units.ts";

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
  { engine: name, defense, classes }: { engine: string; defense: UnitUse; classes: number },
  rng: Rng,
  { openEngine, signal }: ExecutorContext,
): Promise<OpenModel> {
  const { input, encoding } = bundle.meta as WeightsMeta;
  const fitted = { encoding, tensors: arraysOf(bundle.tensors, ENCODING) as FittedEncoding["tensors"] };
  const engine = await openEngine(name);
  const model = modelOf(bundle);
  const answering = openLearnt(engine, model, { inputShape: input.shape, classes });
  const { posteriors } = defenseUsed(defense);
  const answers = { rng, engine, learnt: arraysOf(bundle.tensors, DEFENSE) as LearntArrays, signal };
  const defended = async (given: Float32Array) => (posteriors ? posteriors(given, classes, answers) : given);
  return {
    input,
    classes,
    network: "layers" in model ? { ...model, encoding: fitted } : null,
    // A copy where an encoding changes what it is given.
    async ask(rows) {
      const own = encoding.kind === "standardize" ? rows.slice() : rows;
      return defended(await answering.ask(encode(fitted, input, own), signal));
    },
    async askBlocks(plain) {
      const asked: Float32Array[] = [];
      for await (const block of plain) asked.push(await answering.ask(encode(fitted, input, block), signal));
      return defended(concatenate(asked));
    },
    close: () => answering.close(),
  };
}
