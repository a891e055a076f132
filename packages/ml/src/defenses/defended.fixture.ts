import { trainingSchema } from "@shadowfarm/core/training";
import type { DefendedNetwork } from "../defense.ts";

/** A network that a defense is to defend: a linear one on bits, unless said otherwise. */
export function aDefended(given: Partial<DefendedNetwork> = {}): DefendedNetwork {
  return {
    layers: [{ kind: "dense", units: 2, activation: "linear" }],
    training: trainingSchema.parse({}),
    input: { kind: "binary", shape: [4], low: 0, high: 1 },
    classes: 2,
    side: 100,
    ...given,
  };
}
