import type { Privacy } from "@shadowfarm/core/accountant";
import type { InputInfo } from "@shadowfarm/core/catalog";
import type { Rng } from "@shadowfarm/core/rng";
import type { Training } from "@shadowfarm/core/training";
import type { Engine } from "@shadowfarm/engine/engine";
import type { z } from "zod";
import type { Lesson, Recipe } from "./lesson.ts";
import type { Layer } from "./network.ts";
import type { Objective } from "./objective.ts";
import type { LearntArrays, LearntModel } from "./unit.ts";

/** A defense fills any of these hooks; `none` fills none of them. */
export interface Defense<P extends z.ZodObject = z.ZodObject> {
  name: string;
  title: string;
  paper: string;
  version: number;
  params: P;
  /** Changes the network before it is trained. */
  model?(layers: Layer[], params: z.infer<P>): Layer[];
  /** Changes how it is trained. */
  training?(training: Training, params: z.infer<P>): Training;
  /** What each record is to be answered with, records × classes with rows that sum to 1, in place of its label alone. */
  targets?(labels: Int32Array, classes: number, params: z.infer<P>): Float32Array;
  /** What is minimised in place of the cross-entropy. */
  objective?(params: z.infer<P>): Objective;
  /** Comes to a model by other means than one training: of several models, say. */
  build?(school: School, params: z.infer<P>): Promise<Built>;
  /** Records besides the members that `build` needs, for a model of so many members; none when absent. */
  reference?(params: z.infer<P>, side: number): number;
  /**
   * Refuses a network, or records, that it cannot defend. Any network is fine when absent.
   *
   * @throws {InvalidInput} naming what is in the way, and what to use instead.
   */
  check?(defended: DefendedNetwork, params: z.infer<P>): void;
  /** Changes what it answers; records × classes, in place or anew. A question asked again must get the same answer. */
  posteriors?(
    posteriors: Float32Array,
    classes: number,
    params: z.infer<P>,
    context: AnswerContext,
  ): Float32Array | Promise<Float32Array>;
  /** Parameters that change answers and not the training: models are trained once for all their values. */
  answersOnly?: readonly (keyof z.infer<P> & string)[];
  /** Of one that is others used together: which they are; it fills no other hook. */
  combines?(params: z.infer<P>): readonly DefenseUse[];
}

/** What a defense is to defend, when it changes how a network is trained. */
export interface DefendedNetwork {
  layers: readonly Layer[];
  training: Training;
  input: InputInfo;
  classes: number;
  /** Members. */
  side: number;
}

/** What the owner of a model has for its training. */
export interface School {
  engine: Engine;
  /** As the defense's other hooks leave it. */
  recipe: Recipe;
  /** The members, encoded. */
  lesson: Lesson;
  /** As many records as the defense's `reference` asks for, encoded as the members are; see `referenceOf`. */
  reference: { features: Float32Array; labels: Int32Array };
  /** So many random points (see random-points.ts), encoded likewise. */
  random(count: number): Promise<Float32Array>;
  signal?: AbortSignal | undefined;
}

/** What came of a training by means of its own. */
export interface Built {
  model: LearntModel;
  /** Mean training loss of each epoch; none for what has no epochs. */
  losses: Float64Array;
  /** What the defense needs beside the model to change its answers. */
  learnt?: LearntArrays;
  /** What a differentially private training spent. */
  privacy?: Privacy;
}

/** What a defense may use to change answers. */
export interface AnswerContext {
  rng: Rng;
  engine: Engine;
  /** What its `build` left; empty without one. */
  learnt: LearntArrays;
  signal?: AbortSignal | undefined;
}

/** One of several defenses that are used together. */
export interface DefenseUse {
  unit: Defense;
  params: Record<string, unknown>;
}

/** Gives a definition the types of its own schema, and erases to nothing. */
export const defineDefense = <P extends z.ZodObject>(defense: Defense<P>): Defense<P> => defense;
