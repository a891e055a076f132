import type { Rng } from "@shadowfarm/core/rng";
import type { Records } from "../../unit.ts";
import { synthesizeBlends } from "./blends.ts";

/** A stand-in for Fashion-MNIST. */
export function synthesizeFashionMnist(rng: Rng, records: number): Records {
  return synthesizeBlends(rng, records, {
    shape: [28, 28, 1],
    classSizes: new Array<number>(10).fill(1),
    family: 10,
    blended: 2,
    strongest: [0.5, 1],
    doubt: 0.04,
    views: 2,
    backgrounds: 256,
    background: 0.4,
    middle: [40, 80],
    contrast: 80,
    grain: 30,
  });
}
