import type { ArtifactsLocation } from "@shadowfarm/store/artifact-location";
import type { ArtifactRef } from "@shadowfarm/store/artifacts";
import type { Claim } from "@shadowfarm/store/jobs";
import type { Settled, Step } from "./compute.ts";

/** The variable that carries it: unlike an argument, no other user can read it. */
export const CHILD_CONFIG = "SHADOWFARM_CHILD_CONFIG";

/** What a compute process is told when it is started. */
export interface ChildConfig {
  artifacts: ArtifactsLocation;
  datasetFolders: string[];
  /** Whether ONNX Runtime's internal image layout may be used. */
  nchwc: boolean;
  /** Between two checkpoints of a training; 0: none are made. */
  checkpointSeconds: number;
}

/** From the worker to a compute process. `more` answers the message of that name. */
export type ToChild = { type: "run"; job: Claim } | { type: "more"; jobs: Claim[] } | { type: "cancel" };

/** From a compute process to its worker. */
export type FromChild =
  | { type: "started" }
  | { type: "more"; most: number }
  | { type: "checkpoint"; artifacts: readonly ArtifactRef[] }
  | { type: "settled"; jobs: Settled[]; steps: Step[] };
