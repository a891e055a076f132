import type { InputInfo } from "@shadowfarm/core/catalog";
import type { Rng } from "@shadowfarm/core/rng";
import type { Training } from "@shadowfarm/core/training";
import type { Layer } from "./network.ts";
import type { Objective } from "./objective.ts";

/** What a model is, and how it is trained. */
export interface Recipe {
  layers: readonly Layer[];
  /** Shape of one record. */
  inputShape: readonly number[];
  classes: number;
  training: Training;
  /** What is minimised, when that is not the cross-entropy; models are then trained one by one. */
  objective?: { of: Objective; input: InputInfo };
}

/** What one model is trained on. */
export interface Lesson {
  features: Float32Array; // records × inputShape; plain ones for an objective, encoded otherwise
  /** What the owner makes of plain features, for an objective; absent when nothing. */
  encoding?: EncodingArrays | undefined;
  labels: Int32Array; // records; 0 … classes − 1
  /** What each record is to be answered with, where that is not its label alone. */
  targets?: Float32Array; // records × classes; rows sum to 1
  /** First weights, batch order and dropout masks all follow from it. */
  rng: Rng;
}

/** A record's encoding as two arrays of a record's size: (x − mean) / deviation. */
export interface EncodingArrays {
  mean: Float32Array;
  deviation: Float32Array;
}
