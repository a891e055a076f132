import type { AttackNeeds, DatasetInfo, Encoding, InputInfo, InputKind } from "@shadowfarm/core/catalog";
import type { Rng } from "@shadowfarm/core/rng";
import type { Training } from "@shadowfarm/core/training";
import type { Engine } from "@shadowfarm/engine/engine";
import type { z } from "zod";
import type { Layer } from "./network.ts";

/** Labelled records as they are kept: compact, and not yet encoded for any one model. */
export interface Records {
  /**
   * Records × features (row-major; images as height × width × channels). Bytes of an image are levels 0 … 255 of the range
   * `low` … `high`; all other bytes are values.
   */
  features: Uint8Array | Float32Array | TermCounts;
  labels: Int32Array; // records; 0 … classes − 1
  /** Records that are not independent, such as the frames of one track, have one number. Absent when all are independent. */
  groups?: Int32Array; // records
  /** Of text: the terms by number. */
  dictionary?: readonly string[];
}

/** How often each record has which terms: a sparse matrix by rows. */
export interface TermCounts {
  /** Where each record's terms begin, and where the last one's end. */
  offsets: Uint32Array; // records + 1
  terms: Uint32Array; // numbers of terms, ascending within a record
  counts: Uint32Array; // as many as terms
  /** How many terms there are: numbers are 0 … distinct − 1. */
  distinct: number;
}

/** The files of a dataset as they were found. */
export interface Located {
  files: readonly string[];
  /** For people, for example `IDX files`. */
  origin: string;
}

/** What reading a dataset's files established, before they are parsed into records. */
export interface Inspected {
  records: number;
  /** SHA-256 over the content (uncompressed, so that an archive and its files are equal). */
  checksum: string;
  /** Records of the largest group; 1 when all are independent. */
  largestGroup: number;
}

export interface Dataset<P extends z.ZodObject = z.ZodObject>
  extends Omit<DatasetInfo, "params" | "input" | "encoding"> {
  /** Of how records are given to a model; the records themselves do not depend on them. */
  params: P;
  input(params: z.infer<P>): InputInfo;
  encoding(params: z.infer<P>): Encoding;
  /**
   * The real files in the first of the folders that has them; null when none has. Reads no content.
   *
   * @throws {InvalidInput} when a folder has some of the files and lacks others.
   */
  locate(folders: readonly string[]): Promise<Located | null>;
  /** @throws {InvalidInput} naming the file, for a truncated, altered or malformed one. */
  inspect(located: Located): Promise<Inspected>;
  /** @throws {InvalidInput} as `inspect` does, and for whatever is wrong in a record. */
  load(located: Located): Promise<Records>;
  /** Where `data pull` and `import` put its files: a folder that other datasets read, too. Its name when absent. */
  folder?: string;
  /** Of an imported table: all that a machine without its file must know of it, as JSON. */
  manifest?: unknown;
  /** Records of the stand-in's largest group; 1 when absent. */
  syntheticGroup?: number;
  /** A stand-in of the same shape, type and class count. Never called by the name of the real data. */
  synthesize(rng: Rng, records: number): Records;
}

export interface Model<P extends z.ZodObject = z.ZodObject> {
  name: string;
  title: string;
  paper: string;
  version: number;
  params: P;
  accepts: readonly InputKind[];
  layers(input: InputInfo, classes: number, params: z.infer<P>): Layer[];
}

/** A defense fills any of three hooks; `none` fills none of them. */
export interface Defense<P extends z.ZodObject = z.ZodObject> {
  name: string;
  title: string;
  paper: string;
  version: number;
  params: P;
  /** Changes the network before it is trained. */
  model?(layers: Layer[], params: z.infer<P>): Layer[];
  /** Changes how it is trained. */
  training?(training: Training, params: z.infer<P>): Training;
  /** Changes what it answers; records × classes, in place or anew. */
  posteriors?(posteriors: Float32Array, classes: number, params: z.infer<P>, rng: Rng): Float32Array;
}

/** A model's answers on a set of records. */
export interface Answers {
  posteriors: Float32Array; // records × classes; one-hot when the access is "labels"
  labels: Int32Array; // records; the true classes
}

/** All that an attack sees. It is never given the target's membership: the executor joins it afterwards. */
export interface AttackInput {
  classes: number;
  target: Answers;
  /** As many as `needs` asked for, each on its own members and non-members, which the attacker knows. */
  shadows: readonly (Answers & { isMember: Uint8Array })[];
  /** The target's posteriors on random points, `needs.randomPoints` × classes; null when none were asked for. */
  randomPoints: Float32Array | null;
}

/** How the decision "member" follows from the scores. */
export type Threshold =
  | { by: "fixed" | "shadow" | "random points"; value: number } // member iff score ≥ value
  | { by: "oracle" }; // the best balanced accuracy on the truth; an upper bound

export interface AttackOutput {
  /** One finite number per target record; higher means more likely a member. */
  scores: Float64Array;
  threshold: Threshold;
}

export interface Attack<P extends z.ZodObject = z.ZodObject> {
  name: string;
  title: string;
  paper: string;
  version: number;
  params: P;
  /** @throws {InvalidInput} when the parameters do not fit this dataset. */
  needs(params: z.infer<P>, dataset: DatasetInfo): AttackNeeds;
  run(
    input: AttackInput,
    params: z.infer<P>,
    context: { rng: Rng; engine: Engine; signal?: AbortSignal },
  ): Promise<AttackOutput>;
}

/** These give a definition the types of its own schema, and erase to nothing. */
export const defineDataset = <P extends z.ZodObject>(dataset: Dataset<P>): Dataset<P> => dataset;
export const defineModel = <P extends z.ZodObject>(model: Model<P>): Model<P> => model;
export const defineDefense = <P extends z.ZodObject>(defense: Defense<P>): Defense<P> => defense;
export const defineAttack = <P extends z.ZodObject>(attack: Attack<P>): Attack<P> => attack;
