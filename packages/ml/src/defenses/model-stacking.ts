import { InvalidInput } from "@shadowfarm/core/errors";
import { partsOf } from "@shadowfarm/core/split";
import { trainingSchema } from "@shadowfarm/core/training";
import { z } from "zod";
import { defineDefense } from "../defense.ts";
import { openLearnt, sideBySide } from "../learnt.ts";
import { logisticRegression } from "../models/logistic-regression.ts";
import { randomForest } from "../models/random-forest.ts";
import { lessonOf, trainAsUsual } from "../school.ts";
import { train } from "../train.ts";

/** Records of a set, at least: fewer than a file may ask for in all, and a forest or a regression learns nothing of. */
const LEAST = 10;

/** How the regression is trained: all records in every step. */
const COMBINER = { epochs: 500, learningRate: 0.05, schedule: "cosine" };

/**
 * Three models on three disjoint thirds of the members: the network, a random forest, and a logistic regression that combines what
 * those two answer on the last third. With members and non-members of target and shadow these are the twelve sets of Salem et al.
 * 2019, §VI-B. The regression has scikit-learn's penalty (C = 1) and is trained nearly to its end.
 */
export const modelStacking = defineDefense({
  name: "model-stacking",
  title: "Model stacking",
  paper: "Salem et al. 2019, §VI-B",
  version: 1,
  params: z.strictObject({
    trees: z.int().min(1).max(10_000).default(100).describe("trees of the random forest"),
  }),
  check({ side }) {
    if (side >= 3 * LEAST) return;
    throw new InvalidInput(
      `${side} records on a side cannot be divided into three sets of ${LEAST} or more; use at least ${3 * LEAST}`,
    );
  },
  async build(school, { trees }) {
    const { engine, recipe, lesson, signal } = school;
    const { layers, classes, inputShape } = recipe;
    const order = lesson.rng.child("sets").permutation(lesson.labels.length);
    const [one, two, three] = partsOf(order, 3).map((places, set) =>
      lessonOf(lesson, places, lesson.rng.child("set", set)),
    ) as [typeof lesson, typeof lesson, typeof lesson];
    const { weights, losses } = await trainAsUsual(school, one);
    const width = two.features.length / two.labels.length;
    const unit = { name: randomForest.name, version: randomForest.version, params: { trees } };
    const forest = await randomForest.fit({ ...two, width, classes, signal }, unit.params);
    const parts = [
      { layers, weights },
      { unit, learnt: forest },
    ];
    const answers: Float32Array[] = [];
    for (const part of parts) {
      const open = openLearnt(engine, part, { inputShape, classes });
      answers.push(await open.ask(three.features, signal));
      open.close();
    }
    const top = await combiner(school, sideBySide(answers, classes), three);
    return { model: { parts, top }, losses };
  },
});

async function combiner(
  { engine, recipe: { classes }, signal }: Parameters<typeof trainAsUsual>[0],
  features: Float32Array,
  { labels, rng }: { labels: Int32Array; rng: Parameters<typeof lessonOf>[2] },
) {
  const shape = [2 * classes];
  const layers = logisticRegression.layers({ kind: "tabular", shape, low: 0, high: 1 }, classes, {});
  const records = labels.length;
  const training = trainingSchema.parse({ ...COMBINER, batch: records, l2: 1 / (2 * records) });
  const recipe = { layers, inputShape: shape, classes, training };
  const { weights } = await train(engine, recipe, { features, labels, rng: rng.child("combiner") }, { signal });
  return { layers, weights };
}
