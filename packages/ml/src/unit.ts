import type {
  AttackNeeds,
  AttackSetting,
  DatasetInfo,
  Encoding,
  InputInfo,
  InputKind,
  UnitUse,
} from "@shadowfarm/core/catalog";
import type { Rng } from "@shadowfarm/core/rng";
import type { Engine } from "@shadowfarm/engine/engine";
import type { z } from "zod";
import type { FittedEncoding } from "./encoding.ts";
import type { Layer, Weights } from "./network.ts";

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

interface ModelUnit<P extends z.ZodObject> {
  name: string;
  title: string;
  paper: string;
  version: number;
  params: P;
  accepts: readonly InputKind[];
}

/** A network, which the engine trains as the experiment's `training` says. */
export interface NetworkModel<P extends z.ZodObject = z.ZodObject> extends ModelUnit<P> {
  layers(input: InputInfo, classes: number, params: z.infer<P>): Layer[];
}

/** A classifier that is not a network: it has its own way of learning, and `training` does not apply to it. */
export interface ClassicalModel<P extends z.ZodObject = z.ZodObject> extends ModelUnit<P> {
  fit(lesson: ClassicalLesson, params: z.infer<P>): Promise<LearntArrays>;
  /**
   * @param question features is records × width
   * @returns records × classes; rows sum to 1
   */
  ask(
    learnt: LearntArrays,
    question: { features: Float32Array; width: number; classes: number },
  ): Promise<Float32Array>;
}

export interface ClassicalLesson {
  features: Float32Array; // records × width
  width: number;
  labels: Int32Array; // records; 0 … classes − 1
  classes: number;
  rng: Rng;
  signal?: AbortSignal | undefined;
}

/** What a classifier learnt, as arrays by name. */
export type LearntArrays = Readonly<
  Record<string, Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array>
>;

export type Model<P extends z.ZodObject = z.ZodObject> = NetworkModel<P> | ClassicalModel<P>;

/** A model that can be asked: a network, another classifier, or several whose answers, side by side, another one is given. */
export type LearntModel =
  | { layers: readonly Layer[]; weights: Weights }
  | { unit: UnitUse; learnt: LearntArrays }
  | { parts: readonly LearntModel[]; top: LearntModel };

/** A model's answers on a set of records. */
export interface Answers {
  classes: number;
  /** Copies of a record on which the model was asked; 1 unless the attack's needs say otherwise. */
  views: number;
  posteriors: Float32Array | Float64Array; // records × views × classes; one-hot when the access is "labels"
  labels: Int32Array; // records; the true classes
  /** What the needs' probe found of these records; absent without one. */
  probed?: Probed;
}

/** What a probe found out about some points. */
export interface Probed {
  /** Numbers by name, the points' axis first; the probe's documentation says which. */
  arrays: Readonly<Record<string, Float32Array>>;
  /** How often the model was asked about each point: every row of every batch. */
  queries: Uint32Array; // points
}

/** A model that a probe may ask as often as it likes. Rows are plain records, in the range of `input`. */
export interface ProbedModel {
  input: InputInfo;
  classes: number;
  /** Posteriors as the defense lets them out, rows × classes. */
  ask(rows: Float32Array): Promise<Float32Array>;
  /** The model itself, for probes that compute gradients or bounds; null when it is not a network. */
  network: { layers: readonly Layer[]; weights: Weights; encoding: FittedEncoding } | null;
}

/**
 * A way of asking a model in which each question depends on the answers before. A unit of its own beside the attacks,
 * because what it finds serves several of them, and is kept.
 */
export interface Probe<P extends z.ZodObject = z.ZodObject> {
  name: string;
  version: number;
  params: P;
  /** Records that it can ask about. */
  accepts: readonly InputKind[];
  /**
   * @param points records (points × features, plain) with their true classes; of random points, the classes that the
   *   model itself gives them
   */
  run(
    model: ProbedModel,
    points: { features: Float32Array; labels: Int32Array },
    params: z.infer<P>,
    context: { checkpoints: readonly number[]; rng: Rng; engine: Engine; signal?: AbortSignal | undefined },
  ): Promise<Probed>;
}

/** Answers of a model whose training records the attacker knows. */
export interface KnownAnswers extends Answers {
  isMember: Uint8Array; // records; 1 if the model was trained on it
}

/** All that an attack sees, as its needs asked for. It is never given the target's membership: the executor joins it afterwards. */
export interface AttackInput {
  target: Answers;
  /** Group after group, each model on its own members and non-members. Their classes may be of another dataset. */
  shadows: readonly KnownAnswers[];
  /** Models of the attacker on the target's records, in the target's order. */
  references: readonly KnownAnswers[];
  /** The target's answers on records that it never saw, and the references' on the same ones; null when none were asked for. */
  population: { target: Answers; references: readonly KnownAnswers[] } | null;
  /** The target's posteriors on random points, `needs.randomPoints` × classes; null when none were asked for. */
  randomPoints: Float32Array | null;
  /** What the probe found of the random points; absent without probe or points. */
  probedRandomPoints?: Probed;
}

/** How the decision "member" follows from the scores. */
export type Threshold =
  /** DefenseUse if and only if score ≥ value; where there is a value for each class, that of the record's own. */
  | { by: "fixed" | "shadow" | "random points" | "population"; value: number | readonly number[] }
  /** The best balanced accuracy on the truth: an upper bound. */
  | { by: "oracle" };

export interface AttackOutput {
  /** One finite number per target record; higher means more likely a member. */
  scores: Float64Array;
  threshold: Threshold;
  /** Scores that fewer queries would have given, by queries a record, ascending. */
  atQueries?: readonly { queries: number; scores: Float64Array }[];
  /** Whether the target classifies each record rightly in other circumstances, such as under perturbation, by their name. */
  rightUnder?: Readonly<Record<string, Uint8Array>>; // records
}

export interface Attack<P extends z.ZodObject = z.ZodObject> {
  name: string;
  title: string;
  paper: string;
  version: number;
  params: P;
  /** @throws {InvalidInput} when the parameters do not fit this target. */
  needs(params: z.infer<P>, setting: AttackSetting): AttackNeeds;
  run(
    input: AttackInput,
    params: z.infer<P>,
    context: { rng: Rng; engine: Engine; signal?: AbortSignal },
  ): Promise<AttackOutput>;
}

/** These give a definition the types of its own schema, and erase to nothing. */
export const defineDataset = <P extends z.ZodObject>(dataset: Dataset<P>): Dataset<P> => dataset;
export const defineNetwork = <P extends z.ZodObject>(model: NetworkModel<P>): NetworkModel<P> => model;
export const defineClassical = <P extends z.ZodObject>(model: ClassicalModel<P>): ClassicalModel<P> => model;
export const defineProbe = <P extends z.ZodObject>(probe: Probe<P>): Probe<P> => probe;
export const defineAttack = <P extends z.ZodObject>(attack: Attack<P>): Attack<P> => attack;
