import type { Privacy } from "@shadowfarm/core/accountant";
import type { Encoding, InputInfo, UnitUse } from "@shadowfarm/core/catalog";
import type { JobKind } from "@shadowfarm/core/job";
import type { Metrics } from "@shadowfarm/core/metrics";
import type { Engine } from "@shadowfarm/engine/engine";
import type { Layer } from "@shadowfarm/ml/network";
import type { Claim } from "@shadowfarm/store/jobs";
import type { OpenArtifact } from "@shadowfarm/store/open-artifact";
import type { Bundle } from "@shadowfarm/store/tensors";
import type { ClaimMore } from "../compute.ts";

/** The artifact that an input left under a name. */
export type ReadInput = (inputKey: string, name: string) => Promise<Bundle>;

/** The same, without reading more of it than is asked for. */
export type OpenInput = (inputKey: string, name: string) => Promise<OpenArtifact>;

/** What an executor may use besides its parameters. */
export interface ExecutorContext {
  read: ReadInput;
  open: OpenInput;
  datasetFolders: readonly string[];
  /** The engine that the job's key promises; started once a process. */
  openEngine(name: string): Promise<Engine>;
  /** The same engine, with trainings that go on where earlier attempts at these jobs stood, and leave checkpoints. */
  resuming(engine: Engine, jobs: readonly Claim[]): Promise<Engine>;
  /** Claims up to `most` further jobs like the one that runs, to be made together with it. */
  claimMore: ClaimMore;
  signal: AbortSignal;
}

/** A claimed job of one kind. */
export type ClaimOf<K extends JobKind> = Extract<Claim, { kind: K }>;

/** What an executor makes of a job: artifacts by name, and for an attack its metrics. */
export interface Made {
  bundles: Record<string, Bundle>;
  metrics?: Metrics;
}

/** What a `records` artifact says of its arrays; see records.ts for what they are. */
export interface RecordsMeta {
  kind: InputInfo["kind"];
  /** Range of the values that the bytes of an image stand for. */
  low: number;
  high: number;
  classes: number;
  /** Of text: how many terms there are. */
  distinct?: number;
  /** Of records that an attacker made up: how often the target was asked for them. */
  queries?: number;
}

/** What a `weights` artifact says of its arrays: all that is needed to ask the model. */
export interface WeightsMeta {
  model: LearntMeta;
  input: InputInfo;
  /** What its owner makes of records; the arrays `encoding/…` are what it learnt. */
  encoding: Encoding;
  /** Mean training loss of each epoch; none for what has no epochs. */
  losses: number[];
  /** What a differentially private training spent. */
  privacy?: Privacy;
}

/**
 * Of a network its layers; of another classifier the unit that can ask it; of several models what each of them is. The
 * arrays of those are `part0/…`, `part1/…` and `top/…`.
 */
export type LearntMeta =
  | { layers: readonly Layer[] }
  | { unit: UnitUse }
  | { parts: readonly LearntMeta[]; top: LearntMeta };

/** Before the names of the arrays that an encoding learnt. */
export const ENCODING = "encoding/";

/** Before the names of the arrays that a defense learnt for its answers. */
export const DEFENSE = "defense/";

/** What a `posteriors` artifact says of its arrays. */
export interface PosteriorsMeta {
  classes: number;
  /** Copies of each point that were asked about; see `Answers`. */
  views: number;
  /** What the training of the model spent, where it was differentially private. */
  privacy?: Privacy;
}
