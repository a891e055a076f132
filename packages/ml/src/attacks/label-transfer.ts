import { z } from "zod";
import { predictedClasses } from "../query.ts";
import { signalsOf } from "../signals.ts";
import { defineAttack, type KnownAnswers } from "../unit.ts";

/** Below the score of every record that the target classifies rightly: −ln of no float32 is as large. */
const WRONG = -1000;

/**
 * The attacker has the target label its own records, trains a model on them, and judges the target's records by that
 * model's confidence: what the target has learnt by heart shows in its labels. Li & Zhang 2021, §3 (transfer attack). A
 * record that the target classifies wrongly is taken for a non-member, as in their code.
 *
 * Departs from their code in asking for the label of each record once, not of a new alteration in every epoch.
 */
export const labelTransfer = defineAttack({
  name: "label-transfer",
  title: "Relabelled shadow model (label-only)",
  paper: "Li & Zhang 2021, §3",
  version: 1,
  params: z.strictObject({
    statistic: z
      .enum(["log-confidence", "entropy", "max"])
      .default("log-confidence")
      .describe(
        "of the shadow's answer: the negated loss at the true class, negated entropy, or the largest posterior",
      ),
    shadows: z.int().min(1).max(256).default(1).describe("relabelled models, whose statistics are averaged"),
    shadowModel: z.string().default("same").describe("same: as the target's; or a model's name"),
  }),
  needs({ shadows, shadowModel }) {
    const model = shadowModel === "same" ? {} : { model: { name: shadowModel, params: {} } };
    return {
      access: "labels",
      shadows: [{ count: shadows, records: { kind: "relabelled" }, about: "target", ...model }],
    };
  },
  async run({ target, shadows }, { statistic }) {
    const predicted = predictedClasses(target.posteriors, target.classes);
    // The true classes are the target's: to the shadows the records have those that the target gave them.
    const statistics = shadows.map((answers: KnownAnswers) =>
      signalsOf({ ...answers, labels: target.labels }, statistic),
    );
    const scores = Float64Array.from(target.labels, (label, record) =>
      predicted[record] === label
        ? statistics.reduce((sum, values) => sum + (values[record] as number), 0) / statistics.length
        : WRONG,
    );
    return { scores, threshold: { by: "oracle" } };
  },
});
