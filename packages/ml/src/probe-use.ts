import type { AttackSetting, InputKind, ProbeUse } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import { z } from "zod";
import type { Probe, Probed } from "./unit.ts";

/**
 * A probe as an attack's needs name it.
 *
 * @param kinds of records, where with these parameters it asks about fewer than it otherwise accepts
 * @throws {InvalidInput} when it cannot ask about the dataset's records.
 */
export function probeUse<P extends z.ZodObject>(
  { name, version, params, accepts }: Probe<P>,
  given: z.input<P>,
  { dataset }: Pick<AttackSetting, "dataset">,
  { checkpoints, kinds = accepts }: { checkpoints?: readonly number[]; kinds?: readonly InputKind[] } = {},
): ProbeUse {
  if (!kinds.includes(dataset.kind)) {
    throw new InvalidInput(
      `it asks about ${kinds.join(" or ")} records, but ${dataset.name} has ${dataset.kind} ones; use another dataset or attack`,
    );
  }
  return { name, version, params: params.parse(given), ...(checkpoints && { checkpoints }) };
}

/** The parameter of attacks that ask so much about a record that they are judged on some only. */
export const judgedParam = z
  .int()
  .min(0)
  .max(1_000_000)
  .default(200)
  .describe("records of each side that are asked about and judged; 0: all");

/** The same as an attack's needs say it: nothing where there are no more. */
export function judgedNeed(judged: number, { side }: Pick<AttackSetting, "side">): { most?: number } {
  return judged > 0 && judged < side ? { most: judged } : {};
}

/** Queries at which results are shown beside the ones that were asked for, so that curves of different experiments meet. */
const CUSTOMARY = [250, 500, 1000, 2500, 5000, 10_000];

/** The customary numbers of queries below a budget, and the budget. */
export function checkpointsTo(budget: number): number[] {
  return [...CUSTOMARY.filter((queries) => queries < budget), budget];
}

/** An array that a probe is to have found. */
export function arrayOf(found: Probed | undefined, name: string): Float32Array {
  const array = found?.arrays[name];
  if (!array) throw new TypeError(`the attack was not given what its probe found: ${name}`);
  return array;
}
