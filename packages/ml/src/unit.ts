import type { AttackNeeds, DatasetInfo, InputInfo, InputKind } from "@shadowfarm/core/catalog";
import type { Rng } from "@shadowfarm/core/rng";
import type { Training } from "@shadowfarm/core/training";
import type { Engine } from "@shadowfarm/engine/engine";
import type { z } from "zod";
import type { Layer } from "./network.ts";

/** Labelled records. */
export interface Records {
  features: Float32Array; // records × features (row-major; images as height × width × channels)
  labels: Int32Array; // records; 0 … classes − 1
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
}

export interface Dataset<P extends z.ZodObject = z.ZodObject> extends Omit<DatasetInfo, "params"> {
  params: P;
  /**
   * The real files in the first of the folders that has them; null when none has. Reads no content.
   *
   * @throws {InvalidInput} when a folder has some of the files and lacks others.
   */
  locate(folders: readonly string[]): Promise<Located | null>;
  /** @throws {InvalidInput} naming the file, for a truncated, altered or malformed one. */
  inspect(located: Located): Promise<Inspected>;
  load(located: Located): Promise<Records>;
  /** A stand-in of the same shape, type and class count. Never called by the name of the real data. */
  synthesize(rng: Rng, records: number): Records;
  /** How many records the stand-in has: as many as the real data. */
  syntheticRecords: number;
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
