import { abstractInterpretation } from "./abstract-interpretation.ts";
import { adversarialTraining } from "./adversarial-training.ts";
import { combined } from "./combined.ts";
import { distributional } from "./distributional.ts";
import { dpSgd } from "./dp-sgd.ts";
import { dropout } from "./dropout.ts";
import { dualBounds } from "./dual-bounds.ts";
import { intervalBounds } from "./interval-bounds.ts";
import { labelOnly } from "./label-only.ts";
import { memguardStandIn } from "./memguard-stand-in.ts";
import { none } from "./none.ts";
import { rounding } from "./rounding.ts";
import { temperature } from "./temperature.ts";
import { topK } from "./top-k.ts";
import { trades } from "./trades.ts";

const single = {
  "abstract-interpretation": abstractInterpretation,
  "adversarial-training": adversarialTraining,
  distributional,
  "dp-sgd": dpSgd,
  dropout,
  "dual-bounds": dualBounds,
  "interval-bounds": intervalBounds,
  "label-only": labelOnly,
  "memguard-stand-in": memguardStandIn,
  none,
  rounding,
  temperature,
  "top-k": topK,
  trades,
};

/** Every defense by name. */
export const defenses = { ...single, combined: combined(single) };
