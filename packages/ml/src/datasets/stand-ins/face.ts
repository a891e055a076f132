import type { Rng } from "@shadowfarm/core/rng";
import type { Records } from "../../unit.ts";
import { synthesizeBlends } from "./blends.ts";

/** Pictures of each person in the real data, in the order of their names. */
const classSizes = [77, 42, 236, 121, 530, 109, 44, 71, 52, 55, 42, 53, 60, 41, 41, 48, 52, 144, 49];

/** A stand-in for Face. */
export function synthesizeFace(rng: Rng, records: number): Records {
  return synthesizeBlends(rng, records, {
    shape: [32, 32, 3],
    classSizes,
    family: 19,
    blended: 3,
    strongest: [0.4, 0.55],
    doubt: 0.13,
    views: 2,
    backgrounds: 256,
    background: 0.8,
    middle: [90, 150],
    contrast: 45,
    grain: 25,
  });
}
