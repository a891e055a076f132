import { gap } from "./gap.ts";
import { shadow } from "./shadow.ts";
import { threshold } from "./threshold.ts";

/** Every attack by name. */
export const attacks = { gap, shadow, threshold };
