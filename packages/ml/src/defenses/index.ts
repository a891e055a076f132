import { abstractInterpretation } from "./abstract-interpretation.ts";
import { adversarialRegularization } from "./adversarial-regularization.ts";
import { adversarialTraining } from "./adversarial-training.ts";
import { combined } from "./combined.ts";
import { dataAugmentation } from "./data-augmentation.ts";
import { distributional } from "./distributional.ts";
import { dpSgd } from "./dp-sgd.ts";
import { dropout } from "./dropout.ts";
import { dualBounds } from "./dual-bounds.ts";
import { earlyStopping } from "./early-stopping.ts";
import { hamp } from "./hamp.ts";
import { intervalBounds } from "./interval-bounds.ts";
import { l1 } from "./l1.ts";
import { l2 } from "./l2.ts";
import { labelOnly } from "./label-only.ts";
import { labelSmoothing } from "./label-smoothing.ts";
import { memguard } from "./memguard.ts";
import { memguardStandIn } from "./memguard-stand-in.ts";
import { modelStacking } from "./model-stacking.ts";
import { none } from "./none.ts";
import { relaxloss } from "./relaxloss.ts";
import { rounding } from "./rounding.ts";
import { selena } from "./selena.ts";
import { temperature } from "./temperature.ts";
import { topK } from "./top-k.ts";
import { trades } from "./trades.ts";

const single = {
  "abstract-interpretation": abstractInterpretation,
  "adversarial-regularization": adversarialRegularization,
  "adversarial-training": adversarialTraining,
  "data-augmentation": dataAugmentation,
  distributional,
  "dp-sgd": dpSgd,
  dropout,
  "dual-bounds": dualBounds,
  "early-stopping": earlyStopping,
  hamp,
  "interval-bounds": intervalBounds,
  l1,
  l2,
  "label-only": labelOnly,
  "label-smoothing": labelSmoothing,
  memguard,
  "memguard-stand-in": memguardStandIn,
  "model-stacking": modelStacking,
  none,
  relaxloss,
  rounding,
  selena,
  temperature,
  "top-k": topK,
  trades,
};

/** Every defense by name. */
export const defenses = { ...single, combined: combined(single) };
