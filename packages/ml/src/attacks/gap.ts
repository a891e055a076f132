import { z } from "zod";
import { signalsOf } from "../signals.ts";
import { defineAttack } from "../unit.ts";

/**
 * A record that the target classifies correctly is called a member; its AUC is ½ + half the overfitting level. Needs
 * labels only, the weakest access there is. Yeom et al. 2018, §III-A (Adversary 1).
 */
export const gap = defineAttack({
  name: "gap",
  title: "Gap (is the prediction right?)",
  paper: "Yeom et al. 2018, §III-A",
  version: 1,
  params: z.strictObject({}),
  needs: () => ({ access: "labels" }),
  async run({ target }) {
    return { scores: signalsOf(target, "correctness"), threshold: { by: "fixed", value: 0.5 } };
  },
});
