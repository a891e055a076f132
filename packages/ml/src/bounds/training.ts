import type { InputInfo } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { type Layer, place } from "../layers.ts";
import type { ObjectiveBatch } from "../objective.ts";
import { checkPerturbable } from "../perturbation.ts";
import { type BoundMethod, verifiedMargins } from "./margins.ts";
import { checkSupported, type MethodName } from "./supported.ts";

// What defenses that train on bounds have in common.

/**
 * Upper bounds of the margins of a batch, records × classes, in the balls whose radius is the setting `epsilon`, a share of the
 * input's range. They are of the network as it is at inference: without dropout, and normalized by moving statistics.
 */
export function batchMargins(
  method: BoundMethod,
  { x, targets, input, network, settings }: ObjectiveBatch,
): tfTypes.Tensor {
  const { low, high } = input;
  const { layers, weights, encoding } = network;
  return verifiedMargins(method, {
    ...{ layers, weights, x, targets, low, high },
    epsilon: tfjs().mul(settings.epsilon as tfTypes.Tensor, high - low),
    ...(encoding && { encoding }),
  });
}

/** @throws {InvalidInput} for records that have no balls, and naming each layer without bounds. */
export function checkBounded(
  method: MethodName,
  { layers, input }: { layers: readonly Layer[]; input: InputInfo },
): void {
  checkPerturbable(input);
  checkSupported(method, place(layers, input.shape));
}

/** @throws {InvalidInput} when a ball that grows after a warm-up would not be whole before the training ends. */
export function checkSchedule({ warmup, ramp }: { warmup: number; ramp: number }): void {
  if (warmup + ramp <= 1) return;
  throw new InvalidInput(
    `warmup ${warmup} and ramp ${ramp} are more than the whole training; choose shares that are 1 together at most`,
  );
}
