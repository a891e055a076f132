import type { Encoding, InputInfo } from "@shadowfarm/core/catalog";
import type { QueryParams } from "@shadowfarm/core/job";
import { createRng, type Rng } from "@shadowfarm/core/rng";
import { evaluationOf } from "@shadowfarm/core/split";
import { encode, type FittedEncoding, type PlainRecords } from "@shadowfarm/ml/encoding";
import type { Weights } from "@shadowfarm/ml/network";
import { blockRows, query as queryModel } from "@shadowfarm/ml/query";
import { randomPoints } from "@shadowfarm/ml/random-points";
import type { Bundle, Tensor } from "@shadowfarm/store/tensors";
import { ENCODING, type ExecutorContext, type Made, type PosteriorsMeta, type WeightsMeta } from "./contract.ts";
import { tensorOf } from "./inputs.ts";
import { type PreparedRecords, prepared } from "./records.ts";
import { defenseNamed } from "./units.ts";

/**
 * A model's posteriors on a set of points. On an owner's members and non-members the artifact also holds `labels`,
 * `indices` (record numbers) and `isMember`; on random points none of them exists.
 */
export async function query(params: QueryParams, { open, read, openEngine, signal }: ExecutorContext): Promise<Made> {
  const model = await read(params.inputs.weights, "weights");
  const { layers, input, encoding } = model.meta as WeightsMeta;
  const { weights, fitted } = partsOf(model, encoding);
  const rng = createRng(params.seed).child("query", params.points.set);
  const artifact = await open(params.inputs.records, "records");
  try {
    const records = await prepared(artifact);
    const { plain, known } = pointsOf(params, records, input, rng);
    const features = encodedBlocks(plain, fitted, input);
    const engine = await openEngine(params.engine);
    const answered = await queryModel(engine, { layers, weights, inputShape: input.shape, features, signal });
    const { classes } = records;
    const defense = defenseNamed(params.defense);
    const posteriors = defense.posteriors?.(answered, classes, params.defense.params, rng.child("defense")) ?? answered;
    const meta: PosteriorsMeta = { classes };
    const shape = [posteriors.length / classes, classes];
    return { bundles: { posteriors: { meta, tensors: { posteriors: { shape, data: posteriors }, ...known } } } };
  } finally {
    await artifact.close();
  }
}

/** A weights artifact holds the network's weights, and what its encoding learnt. */
function partsOf(model: Bundle, encoding: Encoding): { weights: Weights; fitted: FittedEncoding } {
  const names = Object.keys(model.tensors);
  const weights = names.filter((name) => !name.startsWith(ENCODING));
  const learnt = names.filter((name) => name.startsWith(ENCODING));
  return {
    weights: Object.fromEntries(weights.map((name) => [name, tensorOf(model, name, Float32Array)])),
    fitted: {
      encoding,
      tensors: Object.fromEntries(
        learnt.map((name) => [
          name.slice(ENCODING.length),
          (model.tensors[name] as Tensor).data as Float32Array | Uint32Array,
        ]),
      ),
    },
  };
}

interface Points {
  /** Before the owner's encoding, a block at a time. */
  plain: AsyncIterable<PlainRecords>;
  /** What is known of them. */
  known: Record<string, Tensor>;
}

function pointsOf({ points, split }: QueryParams, records: PreparedRecords, input: InputInfo, rng: Rng): Points {
  if (points.set === "random") return { plain: randomBlock(input, records.distinct, points.count, rng), known: {} };
  const { indices, isMember } = evaluationOf(points.owner, records.population, split);
  const shape = [indices.length];
  const labels = Int32Array.from(indices, (record) => records.labels[record] as number);
  return {
    plain: takenBlocks(records, indices, blockRows(input.shape)),
    known: {
      labels: { shape, data: labels },
      indices: { shape, data: indices },
      isMember: { shape, data: isMember },
    },
  };
}

async function* randomBlock(input: InputInfo, distinct: number, count: number, rng: Rng) {
  yield randomPoints(input, distinct, count, rng);
}

async function* takenBlocks(records: PreparedRecords, indices: Uint32Array, rows: number) {
  for (let first = 0; first < indices.length; first += rows) yield records.take(indices.subarray(first, first + rows));
}

async function* encodedBlocks(plain: AsyncIterable<PlainRecords>, fitted: FittedEncoding, input: InputInfo) {
  for await (const block of plain) yield encode(fitted, input, block);
}
