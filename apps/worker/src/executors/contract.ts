import type { InputInfo } from "@shadowfarm/core/catalog";
import type { Metrics } from "@shadowfarm/core/metrics";
import type { Layer } from "@shadowfarm/ml/network";
import type { Bundle } from "@shadowfarm/store/tensors";

/** The artifact that an input left under a name. */
export type ReadInput = (inputKey: string, name: string) => Promise<Bundle>;

/** What an executor may use besides its parameters. */
export interface ExecutorContext {
  read: ReadInput;
  datasetFolders: readonly string[];
  signal: AbortSignal;
}

/** What an executor makes: artifacts by name, and for an attack its metrics. */
export interface Made {
  bundles: Record<string, Bundle>;
  metrics?: Metrics;
}

/** What a `records` artifact says of its arrays. */
export interface RecordsMeta {
  input: InputInfo;
  classes: number;
}

/** What a `weights` artifact says of its arrays: all that is needed to ask the model. */
export interface WeightsMeta {
  layers: Layer[];
  /** Mean training loss of each epoch. */
  losses: number[];
}

/** What a `posteriors` artifact says of its arrays. */
export interface PosteriorsMeta {
  classes: number;
}
