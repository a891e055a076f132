import type { Claim, Outcome } from "@shadowfarm/store/jobs";

/** What runs a claimed job. Its failure is an error whose `retryable` says whether another try may help. */
export interface Compute {
  run(job: Claim, signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}
