import { auc } from "@shadowfarm/core/metrics";
import { createRng, type Rng } from "@shadowfarm/core/rng";
import { openEngine } from "@shadowfarm/engine/backends";
import { beforeAll, expect, test } from "vitest";
import { catalog } from "../catalog.ts";
import type { Attack, AttackInput, AttackOutput } from "../unit.ts";
import { attacks } from "./index.ts";

type Context = Parameters<Attack["run"]>[2];
type Known = AttackInput["shadows"][number];

const classes = 5;
const all = Object.values<Attack>(attacks).map((attack) => ({ name: attack.name, attack }));
let engine: Context["engine"];

beforeAll(async () => {
  engine = await openEngine("onnx");
});

/**
 * Answers on as many members as non-members. On members they are sharp and right; on non-members so too if the two are
 * indistinguishable, and otherwise flat and wrong.
 */
function answers(records: number, separable: boolean, rng: Rng): Known {
  const isMember = Uint8Array.from({ length: records }, (_, record) => record % 2);
  const labels = Int32Array.from(isMember, () => rng.int(classes));
  const posteriors = new Float32Array(records * classes);
  labels.forEach((label, record) => {
    const member = isMember[record] === 1;
    const peak = member || !separable ? 0.8 + 0.19 * rng.uniform() : 0.25 + 0.1 * rng.uniform();
    const right = separable ? member : rng.uniform() < 0.7;
    posteriors.fill((1 - peak) / (classes - 1), record * classes, (record + 1) * classes);
    posteriors[record * classes + (right ? label : (label + 1) % classes)] = peak;
  });
  return { posteriors, labels, isMember };
}

/** An input as the attack's needs ask for it, and the truth about its target. */
function anInput(attack: Attack, records: number, separable: boolean): { input: AttackInput; isMember: Uint8Array } {
  const { location } = catalog.datasets;
  if (!location) throw new Error("the dataset is missing");
  const needs = attack.needs(attack.params.parse({}), { ...location, classes });
  const rng = createRng("answers");
  const { isMember, ...target } = answers(records, separable, rng);
  const shadows = Array.from({ length: needs.shadows }, () => answers(40, separable, rng));
  const randomPoints = needs.randomPoints > 0 ? answers(needs.randomPoints, separable, rng).posteriors : null;
  return { input: { classes, target, shadows, randomPoints }, isMember };
}

function run(attack: Attack, input: AttackInput, seed = 1): Promise<AttackOutput> {
  return attack.run(input, attack.params.parse({}), { rng: createRng(seed), engine });
}

test.each(all)(
  "$name: one finite score a record and a usable threshold, the same under the same seed",
  async ({ attack }) => {
    const { input } = anInput(attack, 50, true);
    const output = await run(attack, input);
    expect(output.scores.length).toBe(50);
    expect(output.scores.every(Number.isFinite)).toBe(true);
    if (output.threshold.by !== "oracle") expect(Number.isFinite(output.threshold.value)).toBe(true);
    expect(await run(attack, input)).toEqual(output);
  },
);

test.each(all)("$name: AUC 1 on separable and ½ on indistinguishable records", async ({ attack }) => {
  const separable = anInput(attack, 200, true);
  expect(auc((await run(attack, separable.input)).scores, separable.isMember)).toBeGreaterThan(0.99);
  const same = anInput(attack, 1000, false);
  expect(Math.abs(auc((await run(attack, same.input)).scores, same.isMember) - 0.5)).toBeLessThan(0.07);
});

test.each(all)("$name: scores go with their records when these are reordered", async ({ attack }) => {
  const { input } = anInput(attack, 50, false);
  const order = createRng("order").permutation(50);
  const { posteriors, labels } = input.target;
  const reordered = {
    posteriors: Float32Array.from(posteriors, (_, at) => {
      const from = order[Math.floor(at / classes)] as number;
      return posteriors[from * classes + (at % classes)] as number;
    }),
    labels: labels.map((_, at) => labels[order[at] as number] as number),
  };
  const plain = await run(attack, input);
  const { scores } = await run(attack, { ...input, target: reordered });
  for (const [at, score] of scores.entries()) expect(score).toBeCloseTo(plain.scores[order[at] as number] as number, 6);
});
