import type { ShadowRecords } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import { z } from "zod";
import { attackModelParams } from "../attack-model.ts";
import { scoresByClass } from "../class-attack-models.ts";
import { type Answers, defineAttack } from "../unit.ts";

const params = z.strictObject({
  shadows: z.int().min(1).max(1024).default(10).describe("shadow models"),
  records: z
    .enum(["real", "noise", "marginals", "synthesis"])
    .default("real")
    .describe(
      "what shadows learn from: real records, noisy ones, or records made up from marginals or by asking the target",
    ),
  noise: z.number().gt(0).max(1).default(0.1).describe("share of a record's features that are random; of noise"),
  made: z.int().min(20).max(1_000_000).default(2000).describe("records made up; of marginals and synthesis"),
  mostChanged: z.int().min(1).default(128).describe("features changed in a proposal, at first; of synthesis (k_max)"),
  leastChanged: z.int().min(1).default(4).describe("features changed at least; of synthesis (k_min)"),
  rejections: z.int().min(1).default(10).describe("rejections in a row after which fewer are changed; of synthesis"),
  confidence: z.number().min(0).lt(1).default(0.2).describe("confidence a record must have; of synthesis (conf_min)"),
  queries: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1000)
    .describe("queries until a search begins anew; of synthesis (iter_max)"),
  ...attackModelParams,
  batch: z.int().min(1).max(65_536).default(100).describe("of the attack models; not of random-forest"),
});

/**
 * Many shadow models, and for each class an attack model that learns from the whole posterior of records of that class.
 * Shokri et al. 2017, §V. The attack models are the paper's (64 ReLU units); their optimizer, batch and epochs, which it
 * leaves open, are those of its published code. The paper gives no limit to the search for a record; 1,000 queries is ours.
 */
export const shokri = defineAttack({
  name: "shokri",
  title: "Shadow models, an attack model a class (Shokri et al.)",
  paper: "Shokri et al. 2017, §V",
  version: 1,
  params,
  needs(given, { dataset }) {
    const { shadows, records: kind, mostChanged, leastChanged } = given;
    if (kind === "real") return { access: "posteriors", shadows: [{ count: shadows }] };
    if (dataset.kind === "text") {
      throw new InvalidInput(
        `records is ${kind}, but ${dataset.name} is text, which has no features to draw; use real`,
      );
    }
    if (kind === "synthesis" && leastChanged > mostChanged) {
      throw new InvalidInput(`leastChanged is ${leastChanged}, more than mostChanged, ${mostChanged}; lower it`);
    }
    return { access: "posteriors", shadows: [{ count: shadows, records: madeUp(kind, given) }] };
  },
  async run({ target, shadows }, params, { rng, engine, signal }) {
    const { classes } = target;
    const featured = <A extends Answers>(answers: A) => ({ ...answers, features: answers.posteriors });
    const lesson = { target: featured(target), shadows: shadows.map(featured) };
    const scores = await scoresByClass(engine, lesson, { classes, width: classes, rng, signal }, params);
    return { scores, threshold: { by: "shadow", value: 0.5 } };
  },
});

function madeUp(kind: "noise" | "marginals" | "synthesis", given: z.infer<typeof params>): ShadowRecords {
  const { noise, made, mostChanged, leastChanged, rejections, confidence, queries } = given;
  switch (kind) {
    case "noise":
      return { kind, share: noise };
    case "marginals":
      return { kind, records: made };
    case "synthesis":
      return { kind, records: made, search: { mostChanged, leastChanged, rejections, confidence, queries } };
  }
}
