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

/**
 * A stand-in for CIFAR-10: pictures that blend two of ten classes, mostly but not always the stronger one theirs. Equally
 * many of each class.
 *
 * Calibrated on the default CNN, trained for 50 epochs on 2,500 of them: accuracy 1.000 on them and 0.598 on others, and
 * AUC 0.795 of the largest posterior; with 600, 0.583 and 0.832; with 5,000, 0.593 and 0.811. Salem et al. 2019 (figures
 * 2 and 15) report 0.60, a gap of 0.40, and AUC 0.82.
 */
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

/**
 * A stand-in for CIFAR-100: pictures that blend four of the five classes of a family, of which there are twenty as there
 * are superclasses in the real data; the strongest is often not theirs. Equally many of each class.
 *
 * Calibrated on the default CNN, trained for 50 epochs on 2,500 of them: accuracy 1.000 on them and 0.237 on others, and
 * AUC 0.996 of the largest posterior; with 600, 0.177 and 0.998; with 5,000, 0.254 and 0.996. Salem et al. 2019 (figures 2
 * and 15) report 0.22, a gap of 0.78, and AUC 0.97.
 */
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
