import type { AttackParams } from "@shadowfarm/core/job";
import { evaluate, type TargetAccuracy } from "@shadowfarm/core/metrics";
import { createRng } from "@shadowfarm/core/rng";
import { labelsOnly, predictedClasses } from "@shadowfarm/ml/query";
import type { AttackInput, KnownAnswers } from "@shadowfarm/ml/unit";
import type { Bundle } from "@shadowfarm/store/tensors";
import type { ExecutorContext, Made, PosteriorsMeta, ReadInput, RecordsMeta } from "./contract.ts";
import { tensorOf } from "./inputs.ts";
import { attackNamed } from "./units.ts";

/**
 * Posteriors → one score a record, and their metrics. The attack is not shown the target's membership; it is joined here,
 * after the attack has answered.
 */
export async function attack(params: AttackParams, context: ExecutorContext): Promise<Made> {
  const { inputs, engine, seed } = params;
  const target = await context.read(inputs.target, "posteriors");
  const input = await inputOf(params, target, context.read);
  const { run } = attackNamed(params.attack);
  const rng = createRng(seed).child("attack", params.attack.name);
  const { signal } = context;
  const { scores, threshold } = await run(input, params.attack.params, {
    rng,
    engine: await context.openEngine(engine),
    signal,
  });

  const { labels, classes } = input.target;
  const isMember = tensorOf(target, "isMember", Uint8Array).data;
  const queries = await queriesOf(params, input, context);
  const metrics = evaluate(scores, isMember, threshold, accuraciesOf(input, isMember), { labels, classes, queries });
  const shape = [scores.length];
  const indices = tensorOf(target, "indices", Uint32Array).data;
  // With the truth beside them, so that any metric can be computed anew from this artifact alone.
  const tensors = {
    scores: { shape, data: scores },
    isMember: { shape, data: isMember },
    indices: { shape, data: indices },
    labels: { shape, data: labels },
  };
  return { bundles: { scores: { meta: {}, tensors } }, metrics };
}

async function inputOf({ inputs, access }: AttackParams, target: Bundle, read: ReadInput): Promise<AttackInput> {
  const answersOf = (bundle: Bundle): KnownAnswers => {
    const { classes, views } = bundle.meta as PosteriorsMeta;
    const posteriors = tensorOf(bundle, "posteriors", Float32Array).data;
    return {
      classes,
      views,
      posteriors: access === "labels" ? labelsOnly(posteriors, classes) : posteriors,
      labels: tensorOf(bundle, "labels", Int32Array).data,
      isMember: tensorOf(bundle, "isMember", Uint8Array).data,
    };
  };
  const readAll = (keys: readonly string[]) =>
    Promise.all(keys.map(async (key) => answersOf(await read(key, "posteriors"))));
  const { isMember: _, ...answers } = answersOf(target);
  const [ownPopulation, ...population] = await readAll(inputs.population);
  const random = inputs.randomPoints === null ? null : await read(inputs.randomPoints, "posteriors");
  return {
    target: answers,
    shadows: await readAll(inputs.shadows),
    references: await readAll(inputs.references),
    population: ownPopulation ? { target: ownPopulation, references: population } : null,
    randomPoints: random && tensorOf(random, "posteriors", Float32Array).data,
  };
}

/** How often the target was asked: about the judged records, for what the attack needs besides, and to make up records. */
async function queriesOf(
  { inputs }: AttackParams,
  { target, population, randomPoints }: AttackInput,
  { open }: ExecutorContext,
): Promise<number> {
  let queries = target.posteriors.length / target.classes;
  if (population) queries += population.target.posteriors.length / population.target.classes;
  if (randomPoints) queries += randomPoints.length / target.classes;
  for (const key of inputs.made) {
    const records = await open(key, "records");
    queries += (records.meta as RecordsMeta).queries ?? 0;
    await records.close();
  }
  return queries;
}

/** The target's accuracy on its members, which are all of its training records, and on the non-members. */
function accuraciesOf({ target }: AttackInput, isMember: Uint8Array): TargetAccuracy {
  const { posteriors, labels, classes, views } = target;
  const predicted = predictedClasses(posteriors, classes);
  const correct = [0, 0];
  const total = [0, 0];
  isMember.forEach((member, record) => {
    total[member] = (total[member] ?? 0) + 1;
    // The first view is the record itself.
    if (predicted[record * views] === labels[record]) correct[member] = (correct[member] ?? 0) + 1;
  });
  return { trainAccuracy: (correct[1] ?? 0) / (total[1] ?? 1), testAccuracy: (correct[0] ?? 0) / (total[0] ?? 1) };
}
