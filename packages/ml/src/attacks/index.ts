import { attackP } from "./attack-p.ts";
import { attackR } from "./attack-r.ts";
import { attackS } from "./attack-s.ts";
import { augmentation } from "./augmentation.ts";
import { boundary } from "./boundary.ts";
import { calibration } from "./calibration.ts";
import { certifiedRadius } from "./certified-radius.ts";
import { gap } from "./gap.ts";
import { labelTransfer } from "./label-transfer.ts";
import { lira } from "./lira.ts";
import { metric } from "./metric.ts";
import { noise } from "./noise.ts";
import { perturbedConfidence } from "./perturbed-confidence.ts";
import { privacyRisk } from "./privacy-risk.ts";
import { rmia } from "./rmia.ts";
import { shadow } from "./shadow.ts";
import { shokri } from "./shokri.ts";
import { targetedExamples } from "./targeted-examples.ts";
import { threshold } from "./threshold.ts";
import { transfer } from "./transfer.ts";

/** Every attack by name. */
export const attacks = {
  "attack-p": attackP,
  "attack-r": attackR,
  "attack-s": attackS,
  augmentation,
  boundary,
  calibration,
  "certified-radius": certifiedRadius,
  gap,
  "label-transfer": labelTransfer,
  lira,
  metric,
  noise,
  "perturbed-confidence": perturbedConfidence,
  "privacy-risk": privacyRisk,
  rmia,
  shadow,
  shokri,
  "targeted-examples": targetedExamples,
  threshold,
  transfer,
};
