import type { DatasetUse, Encoding, InputInfo, UnitUse } from "./catalog.ts";
import type { Owner, Split } from "./split.ts";
import type { Training } from "./training.ts";

export const jobKinds = ["prepare", "train", "query", "attack"] as const;
export type JobKind = (typeof jobKinds)[number];

/** Raised when an executor's output changes for equal parameters; part of every key of that kind. */
export const kindVersions: Readonly<Record<JobKind, number>> = { prepare: 2, train: 3, query: 2, attack: 2 };

/** Dataset → records. */
export interface PrepareParams {
  dataset: Pick<DatasetUse, "name" | "version" | "source" | "checksum" | "records">;
}

/** Records → weights of one target or shadow model. */
export interface TrainParams {
  inputs: { records: string };
  engine: string;
  seed: string;
  split: Split;
  owner: Owner;
  /** What the model is given, and what its owner makes it of. */
  input: InputInfo;
  encoding: Encoding;
  model: UnitUse;
  defense: UnitUse;
  training: Training;
}

/** What a model is asked about: an owner's members and non-members, or random points. */
export type QueryPoints = { set: "evaluation"; owner: Owner } | { set: "random"; count: number };

/** Weights → posteriors on a set of points. */
export interface QueryParams {
  inputs: { records: string; weights: string };
  engine: string;
  seed: string;
  split: Split;
  points: QueryPoints;
  defense: UnitUse;
}

/** Posteriors → one score a record, and the metrics of those scores. */
export interface AttackParams {
  inputs: { target: string; shadows: string[]; randomPoints: string | null };
  engine: string;
  seed: string;
  attack: UnitUse;
  access: "posteriors" | "labels";
}

/** A job's work: its kind, and everything that can change its bytes. Inputs are keys of other jobs. */
export type JobWork =
  | { kind: "prepare"; params: PrepareParams }
  | { kind: "train"; params: TrainParams }
  | { kind: "query"; params: QueryParams }
  | { kind: "attack"; params: AttackParams };

/**
 * waiting → ready → running → done. A failed attempt goes back to ready, or to failed after the last one; the
 * dependants of a failed or cancelled job are blocked.
 */
export const jobStates = ["waiting", "ready", "running", "done", "failed", "blocked", "cancelled"] as const;
export type JobState = (typeof jobStates)[number];

/** Whether a job has come to its end, well or not. */
export function isFinal(state: JobState): boolean {
  return state === "done" || state === "failed" || state === "blocked" || state === "cancelled";
}

/** The keys of the jobs whose artifacts a job reads, without repetition. */
export function inputKeys(work: JobWork): string[] {
  if (work.kind === "prepare") return [];
  const keys = Object.values(work.params.inputs).flat() as (string | null)[];
  return [...new Set(keys.filter((key) => key !== null))];
}

export const experimentStates = ["submitted", "running", "done", "failed", "cancelled"] as const;
/** submitted: not planned yet · running · done · failed: at least one job failed · cancelled. */
export type ExperimentState = (typeof experimentStates)[number];
