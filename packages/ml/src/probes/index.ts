import { alteredCopies } from "./altered-copies.ts";
import { hopSkipJump } from "./hop-skip-jump.ts";
import { noisyCopies } from "./noisy-copies.ts";

/** Every probe by name. */
export const probes = {
  "altered-copies": alteredCopies,
  "hop-skip-jump": hopSkipJump,
  "noisy-copies": noisyCopies,
};
