import { InvalidInput } from "@shadowfarm/core/errors";
import type { Rng } from "@shadowfarm/core/rng";
import { z } from "zod";
import { defineDefense } from "../defense.ts";
import { query } from "../query.ts";
import { lessonOf, rowsOf, trainAsUsual } from "../school.ts";

/** With so few members that some network has none to learn from with this probability, the defense is refused when planned. */
const LEAST_LIKELY = 1e-6;

/**
 * Split-AI and self-distillation: K networks, each record left out of exactly L of them; the network that answers is trained to say
 * of each member what, on average, those say that were not trained on it. Tang et al. 2022.
 */
export const selena = defineDefense({
  name: "selena",
  title: "SELENA",
  paper: "Tang et al. 2022",
  version: 1,
  params: z.strictObject({
    models: z.int().min(2).max(200).default(25).describe("K: networks that the members are dealt to"),
    without: z.int().min(1).max(199).default(10).describe("L: networks that are not trained on a member"),
  }),
  check({ side }, { models, without }) {
    if (without >= models) {
      throw new InvalidInput(`a record cannot be left out of ${without} of ${models} models; set without below models`);
    }
    const least = Math.ceil(Math.log(models / LEAST_LIKELY) / Math.log(models / without));
    if (side < least) throw new InvalidInput(`${side} members are too few for ${models} models; use at least ${least}`);
  },
  async build(school, { models, without }) {
    const { engine, recipe, lesson, signal } = school;
    const { layers, inputShape, classes } = recipe;
    const members = lesson.labels.length;
    const leftOut = dealt(members, models, without, lesson.rng.child("split"));
    const width = lesson.features.length / members;
    const targets = new Float32Array(members * classes);
    for (let at = 0; at < models; at++) {
      const places = Uint32Array.from(lesson.labels.keys());
      const taught = places.filter((place) => !leftOut[place]?.includes(at));
      const asked = places.filter((place) => leftOut[place]?.includes(at));
      // Trained on all members, it would have nothing to say.
      if (asked.length === 0) continue;
      if (taught.length === 0)
        throw new InvalidInput(`model ${at} of ${models} has no member to learn from; use fewer models`);
      const { weights } = await trainAsUsual(school, lessonOf(lesson, taught, lesson.rng.child("model", at)));
      const features = rowsOf(lesson.features, asked, width);
      const answers = await query(engine, { layers, weights, inputShape, features, signal });
      asked.forEach((place, row) => {
        for (let column = 0; column < classes; column++) {
          const to = place * classes + column;
          targets[to] = (targets[to] as number) + (answers[row * classes + column] as number) / without;
        }
      });
    }
    const { weights, losses } = await trainAsUsual(school, { ...lesson, targets });
    return { model: { layers, weights }, losses };
  },
});

/** For each record the models that it is left out of. */
function dealt(records: number, models: number, without: number, rng: Rng): number[][] {
  return Array.from({ length: records }, () => [...rng.permutation(models).subarray(0, without)]);
}
