import type { ArtifactRef } from "@shadowfarm/store/artifacts";
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

/** What a run asks its worker for, and tells it. */
export interface RunHooks {
  claimMore: ClaimMore;
  /** Gets the lines that it writes. */
  hear: Hear;
  /** Takes note of what the next attempt at the jobs would go on from, in place of what it was told before. */
  keep(artifacts: readonly ArtifactRef[]): void;
  /** Gets the steps of which it consisted. */
  tellSteps(steps: Step[]): void;
}

/** What runs a claimed job, and those that it asks for besides. */
export interface Compute {
  /**
   * Settles every job of the run.
   *
   * @throws {FarmError} when the run as a whole failed; its `retryable` says whether another try may help.
   */
  run(job: Claim, signal: AbortSignal, hooks: RunHooks): Promise<Settled[]>;
  /** @throws {FarmError} when nothing can be computed here. */
  ready(): Promise<void>;
  close(): Promise<void>;
}
