import { alteredCopies } from "./altered-copies.ts";
import { hopSkipJump } from "./hop-skip-jump.ts";
import { noisyCopies } from "./noisy-copies.ts";
import { perturbed } from "./perturbed.ts";
import { smoothing } from "./smoothing.ts";
import { verified } from "./verified.ts";

/** Every probe by name. */
export const probes = {
  "altered-copies": alteredCopies,
  "hop-skip-jump": hopSkipJump,
  "noisy-copies": noisyCopies,
  perturbed,
  smoothing,
  verified,
};
