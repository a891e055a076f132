import type { Rng } from "@shadowfarm/core/rng";
import type { Records } from "../../unit.ts";
import { synthesizeBlends } from "./blends.ts";

const look = {
  shape: [32, 32, 3],
  views: 2,
  backgrounds: 256,
  background: 0.7,
  middle: [90, 150],
  contrast: 45,
  grain: 25,
} as const;

/** A stand-in for CIFAR-10. */
export function synthesizeCifar10(rng: Rng, records: number): Records {
  const classSizes = new Array<number>(10).fill(1);
  return synthesizeBlends(rng, records, {
    ...look,
    classSizes,
    family: 10,
    blended: 2,
    strongest: [0.5, 0.7],
    doubt: 0.32,
  });
}

/** A stand-in for CIFAR-100. */
export function synthesizeCifar100(rng: Rng, records: number): Records {
  const classSizes = new Array<number>(100).fill(1);
  return synthesizeBlends(rng, records, {
    ...look,
    classSizes,
    background: 0.5,
    family: 5,
    blended: 4,
    strongest: [0.28, 0.4],
    doubt: 0.68,
  });
}
