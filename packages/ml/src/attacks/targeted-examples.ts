import { z } from "zod";
import { attackModelParams } from "../attack-model.ts";
import { scoresByClass } from "../class-attack-models.ts";
import { epsilonParam } from "../perturbation.ts";
import { arrayOf, judgedNeed, judgedParam } from "../probe-use.ts";
import { perturbed, perturbedUse } from "../probes/perturbed.ts";
import { type Answers, defineAttack } from "../unit.ts";

/**
 * What the target answers on a record after it was perturbed towards each class in turn, on which an attack model a class
 * learns from shadows that are defended like the target. Song et al. 2019, on targeted adversarial examples. The paper
 * learns from half of the target's own records; its attack model has a second hidden layer, of 20 units. `epsilon` is the
 * attacker's, whatever the target was trained against.
 */
export const targetedExamples = defineAttack({
  name: "targeted-examples",
  title: "Answers on targeted adversarial examples",
  paper: "Song et al. 2019, targeted examples",
  version: 1,
  params: z.strictObject({
    epsilon: epsilonParam,
    steps: perturbed.params.shape.steps,
    shadows: z.int().min(1).max(256).default(1).describe("shadow models, defended like the target"),
    judged: judgedParam.default(0).describe("records of each side that are asked about and judged; 0: all"),
    ...attackModelParams,
    hidden: z.int().min(1).max(4096).default(200).describe("units of the attack models' hidden layer; of mlp"),
  }),
  needs: ({ epsilon, steps, shadows, judged }, setting) => ({
    access: "posteriors",
    ...judgedNeed(judged, setting),
    probe: perturbedUse({ epsilon, steps, targets: true }, setting),
    shadows: [{ count: shadows }],
  }),
  async run({ target, shadows }, params, { rng, engine, signal }) {
    const { classes } = target;
    const featured = <A extends Answers>(answers: A) => ({
      ...answers,
      features: arrayOf(answers.probed, "posteriors"),
    });
    const lesson = { target: featured(target), shadows: shadows.map(featured) };
    const scores = await scoresByClass(engine, lesson, { classes, width: classes * classes, rng, signal }, params);
    return { scores, threshold: { by: "shadow", value: 0.5 } };
  },
});
