import { evaluate, type Metrics } from "./metrics.ts";

/** What a result's metrics are made from, as it was kept. */
export interface Kept {
  scores: Float64Array; // records
  isMember: Uint8Array; // records
  labels: Int32Array; // records
  classes: number;
  /** The target's own, counted anew; without, as they are stored. */
  accuracy?: { trainAccuracy: number; testAccuracy: number };
}

/** A number that is not what the kept scores give. */
export interface Difference {
  metric: string;
  stored: unknown;
  recomputed: unknown;
}

/** What stored metrics say that scores alone cannot: it is taken as it is. */
const GIVEN = ["queries", "byQueries", "accuracyUnder", "privacy"] as const;

/** Computes metrics anew from kept scores, and compares them with the stored ones bit for bit. */
export function differencesFrom(
  stored: Metrics,
  { scores, isMember, labels, classes, accuracy = stored }: Kept,
): { differences: Difference[]; given: string[] } {
  const { by, value } = stored.threshold;
  const { trainAccuracy, testAccuracy } = accuracy;
  const anew = evaluate(
    scores,
    isMember,
    by === "oracle" ? { by } : { by, value },
    { trainAccuracy, testAccuracy },
    { labels, classes, queries: stored.queries },
  );
  // As JSON has them: it is what was stored, and knows no −0.
  const before = leavesOf(JSON.parse(JSON.stringify(stored)));
  const after = leavesOf(JSON.parse(JSON.stringify(anew)));
  const given = GIVEN.filter((name) => Object.hasOwn(stored, name));
  const metrics = [...new Set([...before.keys(), ...after.keys()])].filter(
    (metric) => !given.some((name) => metric === name || metric.startsWith(`${name}.`)),
  );
  const differences = metrics
    .map((metric) => ({ metric, stored: before.get(metric) ?? null, recomputed: after.get(metric) ?? null }))
    .filter((difference) => difference.stored !== difference.recomputed);
  return { differences, given };
}

/** Numbers, texts and truth values by where they are. */
function leavesOf(value: unknown, path = ""): Map<string, unknown> {
  if (typeof value !== "object" || value === null) return new Map([[path, value]]);
  return new Map(
    Object.entries(value).flatMap(([name, member]) => [...leavesOf(member, path === "" ? name : `${path}.${name}`)]),
  );
}
