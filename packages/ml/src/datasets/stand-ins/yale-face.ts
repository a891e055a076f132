import type { Rng } from "@shadowfarm/core/rng";
import type { Records } from "../../unit.ts";
import { synthesizeBlends } from "./blends.ts";

/** Pictures of each of the 38 people in the real data: 64 lights, without the damaged ones. */
const classSizes = [
  ...new Array<number>(10).fill(64),
  ...[60, 59, 60, 63, 62, 63, 63],
  ...new Array<number>(21).fill(64),
];

/**
 * A stand-in for Yale Face: pictures of one person with a trace of another, under one of twenty lights; as many of each
 * person as in the real data.
 *
 * Calibrated on the default CNN, trained for 20 epochs on 400 of them: accuracy 1.000 on them and 0.995 on others, and AUC
 * 0.777 of the largest posterior. The natural models of Song et al. 2019 are right on about 0.98, with a gap of about 0.02.
 */
export function synthesizeYaleFace(rng: Rng, records: number): Records {
  return synthesizeBlends(rng, records, {
    shape: [192, 168, 1],
    classSizes,
    family: 38,
    blended: 2,
    strongest: [0.65, 1],
    doubt: 0.005,
    views: 1,
    backgrounds: 20,
    background: 0.6,
    middle: [60, 120],
    contrast: 50,
    grain: 25,
  });
}
