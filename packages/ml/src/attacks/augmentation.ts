import { InvalidInput } from "@shadowfarm/core/errors";
import { concatenate } from "@shadowfarm/engine/arrays";
import { z } from "zod";
import { attackModelParams, trainAttackModel } from "../attack-model.ts";
import { arrayOf, judgedNeed, judgedParam, probeUse } from "../probe-use.ts";
import { alteredCopies } from "../probes/altered-copies.ts";
import { distancesAt, hopSkipJump, leastQueries } from "../probes/hop-skip-jump.ts";
import { defineAttack, type Probed } from "../unit.ts";
import { translations } from "../views.ts";

/**
 * An attack model learns from a shadow model which of a record's altered copies are classified rightly; or, combined with
 * the boundary attack, how far each of its translations is from the decision boundary. By labels alone.
 * Choquette-Choo et al. 2021, §3.3 and §5.4.
 *
 * Departs from it in one attack model for all classes, where it has one a class.
 */
export const augmentation = defineAttack({
  name: "augmentation",
  title: "Altered copies (label-only)",
  paper: "Choquette-Choo et al. 2021, §3.3",
  version: 1,
  params: z.strictObject({
    copies: z.enum(["rotation", "translation"]).default("translation").describe("how copies are altered"),
    amount: z.int().min(1).max(45).default(1).describe("degrees; of translation, pixels, at most 8"),
    feature: z
      .enum(["correctness", "distance"])
      .default("correctness")
      .describe("what is learnt from of each copy; distance: the combined attack, of translations"),
    queries: z
      .int()
      .min(1000)
      .max(1_000_000)
      .default(12_500)
      .describe("that a record and its copies may cost; of distance"),
    judged: judgedParam,
    shadows: z.int().min(1).max(256).default(1).describe("shadow models"),
    ...attackModelParams,
    hidden: z.int().min(1).max(4096).default(10).describe("units of the attack model's hidden layer; of mlp"),
  }),
  needs({ copies, amount, feature, queries, shadows, judged }, setting) {
    if (copies === "translation" && amount > 8) {
      throw new InvalidInput(`amount is ${amount} pixels, which leaves little of an image; use 8 or less`);
    }
    if (feature === "distance") {
      if (copies !== "translation") {
        throw new InvalidInput(`feature is distance, but copies is ${copies}; use translation`);
      }
      const { count } = translations(amount);
      if (queries < count * leastQueries) {
        throw new InvalidInput(
          `queries is ${queries}, which ${count} copies share, but a search costs ${leastQueries} or more; use at least ${count * leastQueries}, or a smaller amount than ${amount}`,
        );
      }
    }
    const probe =
      feature === "distance"
        ? probeUse(hopSkipJump, { translation: amount }, setting, { checkpoints: [queries], kinds: ["image"] })
        : probeUse(alteredCopies, { kind: copies, amount }, setting);
    return { access: "labels", ...judgedNeed(judged, setting), probe, shadows: [{ count: shadows }] };
  },
  async run({ target, shadows }, params, { rng, engine, signal }) {
    const features = (found: Probed | undefined) =>
      arrayOf(found, params.feature === "distance" ? distancesAt("l2", params.queries) : "right");
    const own = features(target.probed);
    const memberPosterior = await trainAttackModel(
      engine,
      {
        features: concatenate(shadows.map(({ probed }) => features(probed))),
        width: own.length / target.labels.length,
        isMember: Uint8Array.from(shadows.flatMap(({ isMember }) => [...isMember])),
        rng: rng.child("attack model"),
        signal,
      },
      params,
    );
    return { scores: await memberPosterior(own), threshold: { by: "shadow", value: 0.5 } };
  },
});
