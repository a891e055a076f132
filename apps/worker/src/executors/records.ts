import type { InputInfo } from "@shadowfarm/core/catalog";
import { ArtifactCorrupt } from "@shadowfarm/core/errors";
import type { Population } from "@shadowfarm/core/split";
import { type PlainRecords, termRows, valuesOf } from "@shadowfarm/ml/encoding";
import type { Records, TermCounts } from "@shadowfarm/ml/unit";
import type { OpenArtifact } from "@shadowfarm/store/open-artifact";
import type { Bundle, Tensor } from "@shadowfarm/store/tensors";
import type { RecordsMeta } from "./contract.ts";
import { typed } from "./inputs.ts";

/** Prepared records on disk, of which a job takes those that it needs. */
export interface PreparedRecords {
  classes: number;
  labels: Int32Array; // records
  population: Population;
  /** Of text: how many terms there are. */
  distinct: number;
  /** Some of the records, in the given order, before any owner's encoding. */
  take(indices: Uint32Array): Promise<PlainRecords>;
}

/**
 * Records as an artifact: `features` (records × shape, bytes or values), or for text `offsets`, `terms`, `counts` and the
 * `dictionary` (UTF-8, a line a term); `labels`; and `groups` where records are not independent.
 */
export function recordsBundle(
  { kind, shape, low, high }: InputInfo,
  classes: number,
  { features, labels, groups, dictionary }: Records,
  queries?: number,
): Bundle {
  const count = labels.length;
  const dense = features instanceof Uint8Array || features instanceof Float32Array;
  const meta: RecordsMeta = {
    ...{ kind, low, high, classes },
    ...(!dense && { distinct: features.distinct }),
    ...(queries !== undefined && { queries }),
  };
  return {
    meta,
    tensors: {
      ...(dense ? { features: { shape: [count, ...shape], data: features } } : termTensors(features)),
      labels: { shape: [count], data: labels },
      ...(groups && { groups: { shape: [count], data: groups } }),
      ...(dictionary && { dictionary: vectorOf(new TextEncoder().encode(dictionary.join("\n"))) }),
    },
  };
}

/** Records in the given order, `rows` at a time. */
export async function* takenBlocks(
  { take }: PreparedRecords,
  indices: Uint32Array,
  rows: number,
): AsyncGenerator<PlainRecords> {
  for (let first = 0; first < indices.length; first += rows) yield take(indices.subarray(first, first + rows));
}

/** Reads what is small, and leaves the features on disk until they are asked for. */
export async function prepared(artifact: OpenArtifact): Promise<PreparedRecords> {
  const meta = artifact.meta as RecordsMeta;
  const labels = typed(await artifact.read("labels"), "labels", Int32Array).data;
  const groups = artifact.shapes.groups ? typed(await artifact.read("groups"), "groups", Int32Array).data : null;
  const { distinct } = meta;
  return {
    classes: meta.classes,
    labels,
    population: { records: labels.length, groups },
    distinct: distinct ?? 0,
    take: distinct === undefined ? denseTaker(artifact, meta) : termTaker(artifact, distinct),
  };
}

function denseTaker(artifact: OpenArtifact, meta: RecordsMeta): PreparedRecords["take"] {
  return async (indices) => valuesOf(meta, denseRows(await artifact.rows("features", indices)));
}

/** The whole matrix is read once: text is small, and its rows have no fixed place. */
function termTaker(artifact: OpenArtifact, distinct: number): PreparedRecords["take"] {
  let whole: Promise<TermCounts> | null = null;
  return async (indices) => {
    whole ??= readTerms(artifact, distinct);
    return termRows(await whole, indices);
  };
}

function denseRows({ data }: Tensor): Uint8Array | Float32Array {
  if (data instanceof Uint8Array || data instanceof Float32Array) return data;
  throw new ArtifactCorrupt("an artifact's features are neither bytes nor float32 values");
}

function termTensors({ offsets, terms, counts }: TermCounts): Record<string, Tensor> {
  return { offsets: vectorOf(offsets), terms: vectorOf(terms), counts: vectorOf(counts) };
}

function vectorOf(data: Uint32Array | Uint8Array): Tensor {
  return { shape: [data.length], data };
}

async function readTerms(artifact: OpenArtifact, distinct: number): Promise<TermCounts> {
  const read = async (name: string) => typed(await artifact.read(name), name, Uint32Array).data;
  return { offsets: await read("offsets"), terms: await read("terms"), counts: await read("counts"), distinct };
}
