import type { InputInfo } from "@shadowfarm/core/catalog";
import type { StepContext, Tensors } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import type { Layer } from "./network.ts";

/** A network in the middle of its training, as an objective sees it. */
export interface LearningNetwork {
  layers: readonly Layer[];
  /** Tensors by the weights' names. */
  weights: Tensors;
  /** What its owner makes of plain records before the first layer; null when nothing. Shaped like a record. */
  encoding: { mean: tfTypes.Tensor; deviation: tfTypes.Tensor } | null;
}

/** One batch of a training, in plain records: an objective measures distances where the attacker does. */
export interface ObjectiveBatch {
  x: tfTypes.Tensor; // batch × record shape, in the range of `input`
  targets: tfTypes.Tensor; // batch × classes, one-hot
  input: InputInfo;
  network: LearningNetwork;
  /** Logits of plain records in a training pass; its batch statistics count where the loss asks, not where inputs are prepared. */
  logits(x: tfTypes.Tensor): tfTypes.Tensor;
  /** The numbers of `settings` at this step. */
  settings: Record<string, tfTypes.Tensor>;
  uniform: StepContext["uniform"];
}

/** What is minimised in a training, where that is not the cross-entropy of the batch as it is. */
export interface Objective {
  /** What it looks at: plain records, which it may change, or what the network makes of them, whatever they are. Default: records. */
  sees?: "records" | "logits";
  /** Numbers that change in the course of a training, at a step of so many and in an epoch: how far a ramp has come. */
  settings?(step: number, steps: number, epoch: number): Record<string, number>;
  /** Inputs on which the loss is to be taken, made without a gradient by the weights: adversarial examples. */
  prepare?(batch: ObjectiveBatch): Tensors;
  /** The mean loss of the batch, a scalar. L2 penalties are added to it. */
  loss(batch: ObjectiveBatch, prepared: Tensors): tfTypes.Tensor;
}

/** Plain records as the network's first layer is given them. */
export function encoded({ encoding }: Pick<LearningNetwork, "encoding">, x: tfTypes.Tensor): tfTypes.Tensor {
  if (encoding === null) return x;
  const tf = tfjs();
  return tf.div(tf.sub(x, encoding.mean), encoding.deviation);
}

/** How far a linear ramp from 0 to 1 has come, that begins and ends at these shares of a training. */
export function ramp(step: number, steps: number, { from = 0, to }: { from?: number; to: number }): number {
  const [first, last] = [from * steps, to * steps];
  if (last <= first) return step >= first ? 1 : 0;
  return Math.max(0, Math.min(1, (step - first) / (last - first)));
}
