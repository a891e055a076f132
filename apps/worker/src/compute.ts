import type { Claim, Outcome } from "@shadowfarm/store/jobs";
import type { Hear } from "./child-output.ts";

/** An error as it crosses from one process to another. */
export interface RunFailure {
  code: string;
  message: string;
  stack: string;
  retryable: boolean;
  /** Key of the input whose artifact is missing or altered. */
  lostInput?: string;
}

/** How a job of a run ended. */
export type Settled = { key: string } & ({ outcome: Outcome } | { failure: RunFailure });

/** A part of an attempt. Milliseconds since 1970, by this machine's clock. */
export interface Step {
  name: string;
  start: number;
  end: number;
  /** The step that it is a part of. */
  within?: { name: string; start: number };
}

/** Claims up to `most` further jobs that can be computed together with the one that runs. */
export type ClaimMore = (most: number) => Promise<Claim[]>;

/** What runs a claimed job, and those that it asks for besides. */
export interface Compute {
  /**
   * Settles every job of the run.
   *
   * @param hear gets the lines that it writes
   * @param tell gets the steps of which it consisted
   * @throws {FarmError} when the run as a whole failed; its `retryable` says whether another try may help.
   */
  run(
    job: Claim,
    signal: AbortSignal,
    claimMore: ClaimMore,
    hear: Hear,
    tell: (steps: Step[]) => void,
  ): Promise<Settled[]>;
  /** @throws {FarmError} when nothing can be computed here. */
  ready(): Promise<void>;
  close(): Promise<void>;
}
