import type { DatasetUse, Encoding, InputInfo, ProbeUse, ShadowRecords, UnitUse } from "./catalog.ts";
import type { Owner, Split } from "./split.ts";
import type { Training } from "./training.ts";

export const jobKinds = ["prepare", "train", "query", "attack"] as const;
export type JobKind = (typeof jobKinds)[number];

/** Raised when an executor's output changes for equal parameters; part of every key of that kind. */
export const kindVersions: Readonly<Record<JobKind, number>> = { prepare: 2, train: 3, query: 3, attack: 3 };

/** Dataset → records. */
export interface LoadParams {
  dataset: Pick<DatasetUse, "name" | "version" | "source" | "checksum" | "records">;
}

/** Records, and for some kinds the target's answers, → records that an attacker made up. */
export interface MakeUpParams {
  inputs: { records: string; target: string | null };
  engine: string;
  seed: string;
  /** Of the original records: the target's are not the attacker's. */
  split: Split;
  input: InputInfo;
  defense: UnitUse;
  made: ShadowRecords;
}

export type PrepareParams = LoadParams | MakeUpParams;

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

/** What a model is asked about: an owner's members and non-members (all, or so many of each), records that are no target's, or random points. */
export type QueryPoints =
  | { set: "evaluation"; owner: Owner; most?: number }
  | { set: "population"; count: number }
  | { set: "random"; count: number };

/** Weights → posteriors on a set of points. */
export interface QueryParams {
  inputs: { records: string; weights: string };
  engine: string;
  seed: string;
  split: Split;
  /** Whose model is asked: the answers say which of the points it was trained on. */
  owner: Owner;
  points: QueryPoints;
  /** Altered copies of each point, the point itself included. */
  views: number;
  /** Asked in place of the points alone. */
  probe?: ProbeUse;
  defense: UnitUse;
}

/** Posteriors → one score a record, and the metrics of those scores. */
export interface AttackParams {
  inputs: {
    target: string;
    shadows: string[];
    /** Shadow models on the target's records. */
    references: string[];
    /** The target's answers on the population, and then each reference's; empty when the attack needs none. */
    population: string[];
    randomPoints: string | null;
    /** What a probe found: of the target, and of each shadow; empty without one. */
    probed: string[];
    probedRandomPoints: string | null;
    /** Records that the attacker made up by asking the target, for the count of the queries. */
    made: string[];
  };
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

/** The engine that a job needs; null for one that any worker can do, and where the parameters are damaged. */
export function engineOf({ params }: JobWork): string | null {
  return (params as { engine?: string } | null)?.engine ?? null;
}

/** The keys of the jobs whose artifacts a job reads, without repetition. */
export function inputKeys(work: JobWork): string[] {
  if (!("inputs" in work.params)) return [];
  const keys = Object.values(work.params.inputs).flat() as (string | null)[];
  return [...new Set(keys.filter((key) => key !== null))];
}

export const experimentStates = ["submitted", "running", "done", "failed", "cancelled"] as const;
/** submitted: not planned yet · running · done · failed: at least one job failed · cancelled. */
export type ExperimentState = (typeof experimentStates)[number];
