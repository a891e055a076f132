import { z } from "zod";
import { classThresholds } from "../class-thresholds.ts";
import { knownScores } from "../known-scores.ts";
import { epsilonParam } from "../perturbation.ts";
import { arrayOf } from "../probe-use.ts";
import { perturbed, perturbedUse } from "../probes/perturbed.ts";
import { verified, verifiedUse } from "../probes/verified.ts";
import { predictedClasses } from "../query.ts";
import { shadowThreshold } from "../shadow-threshold.ts";
import { signalsOf } from "../signals.ts";
import { type Answers, defineAttack } from "../unit.ts";

/**
 * The confidence in a record's class at the worst place that the attacker finds in a ball around it, or the least that can be
 * proved for all of it: models that are trained to be robust there tell more about their members there than on the records.
 * Song et al. 2019, §3.
 *
 * `epsilon` is the attacker's, whatever the target was trained against. The paper has both the same, so a sweep over defenses'
 * epsilon needs an attack for each.
 */
export const perturbedConfidence = defineAttack({
  name: "perturbed-confidence",
  title: "Confidence under perturbation",
  paper: "Song et al. 2019, §3",
  version: 1,
  params: z.strictObject({
    input: z
      .enum(["benign", "adversarial", "verified"])
      .default("adversarial")
      .describe("what the confidence is of: the record (I_B), the worst place found (I_A), or the whole ball (I_V)"),
    epsilon: epsilonParam,
    steps: perturbed.params.shape.steps,
    method: verified.params.shape.method.describe(
      "bounds: dual gives the lower of its own and interval's; of verified",
    ),
    terms: verified.params.shape.terms,
    threshold: z
      .enum(["oracle", "shadow", "class"])
      .default("oracle")
      .describe("the best one on the truth (the paper's), from shadow models, or from these for each class"),
    shadows: z.int().min(1).max(256).default(1).describe("shadow models, defended like the target; not of oracle"),
  }),
  needs({ input, epsilon, steps, method, terms, threshold, shadows }, setting) {
    const probeFor = {
      benign: () => ({}),
      adversarial: () => ({ probe: perturbedUse({ epsilon, steps }, setting) }),
      verified: () => ({ probe: verifiedUse({ epsilon, method, terms }, setting) }),
    };
    return {
      access: "posteriors",
      ...probeFor[input](),
      ...(threshold !== "oracle" && { shadows: [{ count: shadows }] }),
    };
  },
  async run({ target, shadows }, { input, threshold }) {
    const asked = (answers: Answers): Answers =>
      input === "adversarial" ? { ...answers, posteriors: arrayOf(answers.probed, "posteriors") } : answers;
    const scoresOf = (answers: Answers): Float64Array =>
      input === "verified"
        ? Float64Array.from(arrayOf(answers.probed, "confidence"))
        : signalsOf(asked(answers), "confidence");
    const thresholdBy = () => {
      switch (threshold) {
        case "oracle":
          return { by: "oracle" } as const;
        case "shadow":
          return shadowThreshold(shadows, scoresOf);
        case "class":
          return { by: "shadow", value: classThresholds(knownScores(shadows, scoresOf), target.classes) } as const;
      }
    };
    const rightUnder = {
      benign: () => ({}),
      adversarial: () => ({ rightUnder: { perturbation: rightAbout(asked(target)) } }),
      verified: () => ({ rightUnder: { verification: Uint8Array.from(arrayOf(target.probed, "verified")) } }),
    };
    return { scores: scoresOf(target), threshold: thresholdBy(), ...rightUnder[input]() };
  },
});

function rightAbout({ posteriors, labels, classes }: Answers): Uint8Array {
  const predicted = predictedClasses(posteriors, classes);
  return Uint8Array.from(labels, (label, record) => (predicted[record] === label ? 1 : 0));
}
