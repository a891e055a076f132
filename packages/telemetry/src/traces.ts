import { sha256Hex } from "@shadowfarm/core/fingerprint";

/** Something that was done for an experiment, once it has ended. */
export interface Span {
  name: string;
  /** The id of the experiment, each of which is a trace. */
  experiment: string;
  /** What others call it; without, nobody refers to it. */
  id?: string;
  /** What it is a part of; null: of nothing. */
  parent: string | null;
  /** Milliseconds since 1970, by this machine's clock. */
  start: number;
  end: number;
  attributes: Record<string, string | number | boolean>;
  /** What went wrong. */
  error?: string;
}

/** The whole of an experiment, of which everything else is a part. */
export const EXPERIMENT = "experiment";

/** The hand-out of a job, by the fence at which it was ready: what processes call it that never speak with each other. */
export function handOutOf(key: string, fence: number): string {
  return `hand-out ${key} ${fence}`;
}

/** 32 hexadecimal digits, the same in every process. */
export function traceIdOf(experiment: string): string {
  return sha256Hex(experiment).slice(0, 32);
}

/** 16 hexadecimal digits, the same in every process. */
export function spanIdOf(experiment: string, id: string): string {
  return sha256Hex(`${experiment} ${id}`).slice(0, 16);
}
