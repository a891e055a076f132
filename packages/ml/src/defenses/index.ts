import { dropout } from "./dropout.ts";
import { labelOnly } from "./label-only.ts";
import { memguardStandIn } from "./memguard-stand-in.ts";
import { none } from "./none.ts";
import { rounding } from "./rounding.ts";
import { temperature } from "./temperature.ts";
import { topK } from "./top-k.ts";

/** Every defense by name. */
export const defenses = {
  dropout,
  "label-only": labelOnly,
  "memguard-stand-in": memguardStandIn,
  none,
  rounding,
  temperature,
  "top-k": topK,
};
