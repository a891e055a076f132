import type { Claim, Outcome } from "@shadowfarm/store/jobs";

/** What a compute process is told when it is started. */
export interface ChildConfig {
  artifactsFolder: string;
  datasetFolders: string[];
}

/** From the worker to a compute process. */
export type ToChild = { type: "run"; job: Claim } | { type: "cancel" };

/** From a compute process to its worker. */
export type FromChild =
  | { type: "started" }
  | { type: "done"; outcome: Outcome }
  | { type: "failed"; code: string; message: string; stack: string; retryable: boolean };
