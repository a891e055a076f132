import { evaluate, type Metrics, type TargetAccuracy } from "@shadowfarm/core/metrics";
import { predictedClasses } from "./query.ts";
import type { AttackInput, AttackOutput } from "./unit.ts";

/**
 * The metrics of an attack that has answered. Only here does the target's membership meet the scores.
 *
 * @param otherQueries how often the target was asked for what is not in the input, such as made-up records
 * @throws {InvalidInput} as `evaluate` does
 */
export function judge(
  { scores, threshold, ...rest }: AttackOutput,
  input: AttackInput,
  isMember: Uint8Array,
  otherQueries = 0,
): Metrics {
  const { labels, classes } = input.target;
  const queries = queriesOf(input) + otherQueries;
  return evaluate(scores, isMember, threshold, accuraciesOf(input.target, isMember), {
    ...{ labels, classes, queries },
    ...rest,
  });
}

/** How often the target was asked: about the judged records, the population and random points, and by a probe. */
function queriesOf({ target, population, randomPoints, probedRandomPoints }: AttackInput): number {
  const rowsOf = (posteriors: ArrayLike<number>) => posteriors.length / target.classes;
  const plain = rowsOf(target.posteriors) + rowsOf(population?.target.posteriors ?? []) + rowsOf(randomPoints ?? []);
  const probed = [target.probed, probedRandomPoints].flatMap((found) => (found ? [...found.queries] : []));
  return probed.reduce((sum, queries) => sum + queries, plain);
}

/** The target's accuracy on its members, which are all of its training records, and on the non-members. */
export function accuraciesOf(
  { posteriors, labels, classes, views }: Pick<AttackInput["target"], "posteriors" | "labels" | "classes" | "views">,
  isMember: Uint8Array,
): TargetAccuracy {
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
