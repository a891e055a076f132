import type { Claim } from "@shadowfarm/store/jobs";
import type { Settled } from "./compute.ts";

/** What a compute process is told when it is started. */
export interface ChildConfig {
  artifactsFolder: string;
  datasetFolders: string[];
  /** Whether ONNX Runtime's internal image layout may be used. */
  nchwc: boolean;
}

/** From the worker to a compute process. `more` answers the message of that name. */
export type ToChild = { type: "run"; job: Claim } | { type: "more"; jobs: Claim[] } | { type: "cancel" };

/** From a compute process to its worker. */
export type FromChild = { type: "started" } | { type: "more"; most: number } | { type: "settled"; jobs: Settled[] };
