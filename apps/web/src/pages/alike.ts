import type { failuresSchema } from "@shadowfarm/core/api/experiments";
import { groupsBy } from "@shadowfarm/core/groups";
import type { z } from "zod";

export type FailureGroup = z.output<typeof failuresSchema>["failures"][number];

/** Failures whose errors differ in numbers alone as one, which is told by the commonest of them; the commonest first. */
export function alike(failures: readonly FailureGroup[]): FailureGroup[] {
  return groupsBy(failures, ({ kind, error }) => [kind, error.replaceAll(NUMBER, "0")])
    .map((group) => ({
      ...group.reduce((most, one) => (one.count > most.count ? one : most)),
      count: group.reduce((sum, { count }) => sum + count, 0),
      jobs: group.flatMap(({ jobs }) => jobs),
    }))
    .sort((one, other) => other.count - one.count);
}

const NUMBER = /\d+(?:\.\d+)?(?:e[+-]?\d+)?/g;
