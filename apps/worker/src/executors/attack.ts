import type { AttackParams } from "@shadowfarm/core/job";
import { evaluate } from "@shadowfarm/core/metrics";
import { createRng } from "@shadowfarm/core/rng";
import { labelsOnly, predictedClasses } from "@shadowfarm/ml/query";
import type { Answers } from "@shadowfarm/ml/unit";
import type { Bundle } from "@shadowfarm/store/tensors";
import type { ExecutorContext, Made, PosteriorsMeta } from "./contract.ts";
import { tensorOf } from "./inputs.ts";
import { attackNamed } from "./units.ts";

/**
 * Posteriors → one score a record, and their metrics. The attack is not shown the target's membership; it is joined here,
 * after the attack has answered.
 */
export async function attack(params: AttackParams, { read, openEngine, signal }: ExecutorContext): Promise<Made> {
  const target = await read(params.inputs.target, "posteriors");
  const shadows = await Promise.all(params.inputs.shadows.map((key) => read(key, "posteriors")));
  const random = params.inputs.randomPoints === null ? null : await read(params.inputs.randomPoints, "posteriors");
  const { classes } = target.meta as PosteriorsMeta;

  const answersOf = (bundle: Bundle): Answers => {
    const posteriors = tensorOf(bundle, "posteriors", Float32Array).data;
    return {
      posteriors: params.access === "labels" ? labelsOnly(posteriors, classes) : posteriors,
      labels: tensorOf(bundle, "labels", Int32Array).data,
    };
  };
  const { run } = attackNamed(params.attack);
  const { scores, threshold } = await run(
    {
      classes,
      target: answersOf(target),
      shadows: shadows.map((bundle) => ({
        ...answersOf(bundle),
        isMember: tensorOf(bundle, "isMember", Uint8Array).data,
      })),
      randomPoints: random && tensorOf(random, "posteriors", Float32Array).data,
    },
    params.attack.params,
    {
      rng: createRng(params.seed).child("attack", params.attack.name),
      engine: await openEngine(params.engine),
      signal,
    },
  );

  const isMember = tensorOf(target, "isMember", Uint8Array).data;
  const metrics = evaluate(scores, isMember, threshold, accuraciesOf(target, classes, isMember));
  const shape = [scores.length];
  const indices = tensorOf(target, "indices", Uint32Array).data;
  // With the truth beside them, so that any metric can be computed anew from this artifact alone.
  const tensors = {
    scores: { shape, data: scores },
    isMember: { shape, data: isMember },
    indices: { shape, data: indices },
  };
  return { bundles: { scores: { meta: {}, tensors } }, metrics };
}

/** The target's accuracy on its members, which are all of its training records, and on the non-members. */
function accuraciesOf(
  target: Bundle,
  classes: number,
  isMember: Uint8Array,
): { trainAccuracy: number; testAccuracy: number } {
  const predicted = predictedClasses(tensorOf(target, "posteriors", Float32Array).data, classes);
  const labels = tensorOf(target, "labels", Int32Array).data;
  const correct = [0, 0];
  const total = [0, 0];
  isMember.forEach((member, record) => {
    total[member] = (total[member] ?? 0) + 1;
    if (predicted[record] === labels[record]) correct[member] = (correct[member] ?? 0) + 1;
  });
  return { trainAccuracy: (correct[1] ?? 0) / (total[1] ?? 1), testAccuracy: (correct[0] ?? 0) / (total[0] ?? 1) };
}
