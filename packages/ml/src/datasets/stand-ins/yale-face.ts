import type { Rng } from "@shadowfarm/core/rng";
import type { Records } from "../../unit.ts";
import { synthesizeBlends } from "./blends.ts";

/** Pictures of each of the 38 people in the real data: 64 lights, without the damaged ones. */
const classSizes = [
  ...new Array<number>(10).fill(64),
  ...[60, 59, 60, 63, 62, 63, 63],
  ...new Array<number>(21).fill(64),
];

/** A stand-in for Yale Face. */
export function synthesizeYaleFace(rng: Rng, records: number): Records {
  return synthesizeBlends(rng, records, {
    shape: [192, 168, 1],
    classSizes,
    family: 38,
    blended: 2,
    strongest: [0.55, 1],
    doubt: 0.01,
    views: 1,
    backgrounds: 20,
    background: 0.8,
    middle: [60, 120],
    contrast: 50,
    grain: 25,
  });
}
