import { InvalidInput } from "@shadowfarm/core/errors";
import { z } from "zod";
import { countBelow, meanOf } from "../moments.ts";
import { signalsOf } from "../signals.ts";
import { type Answers, type AttackInput, defineAttack } from "../unit.ts";

/**
 * The share of population records that a record beats: whose confidence, relative to that of reference models, is γ times
 * smaller. It needs few references. Zarifzadeh, Liu & Shokri 2024, §3; an equal ratio does not beat, as in their code,
 * where the paper writes ≥.
 *
 * What the references make of a record is p = ½ (mean IN + mean OUT) online, and (1 + a)/2 · mean OUT + (1 − a)/2 offline;
 * population records were in no reference, and are treated as offline always. References that were trained on one of them
 * are left out for it. Confidences are taken at a temperature, as in the authors' configurations, since those of an
 * overfitted model are all 1. `references: largest-half` is a quirk of the public codes: the mean of the larger half of the
 * references' confidences that there are for the record, which leans upwards.
 */
export const rmia = defineAttack({
  name: "rmia",
  title: "Robust membership inference attack (RMIA)",
  paper: "Zarifzadeh et al. 2024, §3",
  version: 1,
  params: z.strictObject({
    variant: z
      .enum(["online", "offline"])
      .default("offline")
      .describe("whether references were also trained with the record, or all without it"),
    shadows: z.int().min(1).max(1024).default(2).describe("reference models; an even number where records are shared"),
    a: z
      .number()
      .min(0)
      .max(1)
      .default(0.3)
      .describe("how much higher confidence is in models with the record; offline"),
    temperature: z
      .number()
      .positive()
      .max(100)
      .default(2)
      .describe("of the softmax behind the confidences; 2 is the authors' for CIFAR-10, 1 for CIFAR-100"),
    gamma: z
      .number()
      .min(1)
      .max(100)
      .default(1)
      .describe("how many times a record's ratio must exceed the population's"),
    population: z.int().min(1).max(1_000_000).default(500).describe("records besides the target's"),
    references: z
      .enum(["mean", "largest-half"])
      .default("mean")
      .describe("largest-half: the mean over the larger half of the references, as public codes have it"),
    alpha: z.number().gt(0).lt(1).default(0.1).describe("FPR at which the threshold is put"),
  }),
  needs({ variant, shadows, population }, { split }) {
    const shared = variant === "online" || split === "halves";
    if (shared && shadows % 2 === 1) {
      throw new InvalidInput(
        `shadows is ${shadows}, an odd number, with which records are not in equally many; use an even one`,
      );
    }
    return {
      access: "posteriors",
      references: shadows,
      population,
      ...(variant === "online" && { split: "halves" as const }),
    };
  },
  async run({ target, references, population }, params) {
    if (population === null) throw new TypeError("the attack was not given its population");
    const own = ratios({ target, references }, params, params.variant);
    const others = ratios(population, params, params.references === "mean" ? "offline" : params.variant)
      .filter((ratio) => !Number.isNaN(ratio))
      .sort();
    if (others.length === 0) {
      throw new InvalidInput("every population record was in every reference model; use more shadows or population");
    }
    const scores = own.map((ratio, record) => {
      if (Number.isNaN(ratio)) throw new InvalidInput(`record ${record} has no reference model; use more shadows`);
      return countBelow(others, ratio / params.gamma) / others.length;
    });
    return { scores, threshold: { by: "population", value: 1 - params.alpha } };
  },
});

type Params = { a: number; temperature: number; references: "mean" | "largest-half" };

/** The target's confidence by that of the references; NaN for a record without one. */
function ratios(
  { target, references }: Pick<AttackInput, "target" | "references">,
  { a, temperature, references: by }: Params,
  variant: "online" | "offline",
): Float64Array {
  const confidenceOf = (answers: Answers) => signalsOf(softened(answers, temperature), "confidence");
  const known = references.map((reference) => ({ confidence: confidenceOf(reference), reference }));
  return confidenceOf(target).map((confidence, record) => {
    const side = (member: number) =>
      known
        .filter(({ reference }) => reference.isMember[record] === member)
        .map((one) => one.confidence[record] as number);
    const out = side(0);
    if (by === "largest-half") {
      const all = variant === "online" ? [...out, ...side(1)] : out;
      const half = meanOf(all.sort((one, other) => other - one).slice(0, Math.ceil(references.length / 2)));
      return confidence / (variant === "online" ? half : mixed(half, a));
    }
    if (variant === "online") return confidence / ((meanOf(side(1)) + meanOf(out)) / 2);
    return confidence / mixed(meanOf(out), a);
  });
}

function mixed(out: number, a: number): number {
  return ((1 + a) / 2) * out + (1 - a) / 2;
}

/** Answers at another temperature: a saturated confidence tells apart again what float32 rounds to 1. */
function softened(answers: Answers, temperature: number): Answers {
  if (temperature === 1) return answers;
  const { classes } = answers;
  const posteriors = Float64Array.from(answers.posteriors, (p) => p ** (1 / temperature));
  for (let from = 0; from < posteriors.length; from += classes) {
    const row = posteriors.subarray(from, from + classes);
    const total = row.reduce((sum, p) => sum + p, 0);
    for (let at = 0; at < classes; at++) row[at] = (row[at] as number) / total;
  }
  return { ...answers, posteriors };
}
