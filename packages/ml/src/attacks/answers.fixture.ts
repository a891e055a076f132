import type { AttackSetting, DatasetInfo } from "@shadowfarm/core/catalog";
import { createRng } from "@shadowfarm/core/rng";
import { trainingSchema } from "@shadowfarm/core/training";
import { expect } from "vitest";
import { catalog } from "../catalog.ts";
import type { Answers, Attack, AttackInput, AttackOutput, KnownAnswers } from "../unit.ts";

/** A posterior of two classes with this confidence in class 0. */
export const confidence = (p: number): number[] => [p, 1 - p];

/** A posterior of two classes with this logit-scaled confidence in class 0. */
export const logit = (phi: number): number[] => [1 / (1 + Math.exp(-phi)), 1 / (1 + Math.exp(phi))];

/** Answers written by hand: a posterior for each record (with several views, for each of those), all of class 0 unless said. */
export function answersOf(
  posteriors: readonly (readonly number[])[],
  { views = 1, labels = new Array<number>(posteriors.length / views).fill(0) } = {},
): Answers {
  const [{ length: classes } = { length: 0 }] = posteriors;
  return { classes, views, posteriors: Float64Array.from(posteriors.flat()), labels: Int32Array.from(labels) };
}

/** The same of a model whose members are known. */
export function knownAnswersOf(
  posteriors: readonly (readonly number[])[],
  isMember: readonly number[],
  shape: { views?: number; labels?: number[] } = {},
): KnownAnswers {
  return { ...answersOf(posteriors, shape), isMember: Uint8Array.from(isMember) };
}

const engine = { name: "none", packs: false, compileLoop: unused, compileFn: unused, compileStep: unused };
function unused(): never {
  throw new Error("this attack computes nothing on the engine");
}

/** Runs an attack that needs no engine. */
export function attacked(
  attack: Attack,
  params: object,
  input: Partial<AttackInput> & Pick<AttackInput, "target">,
): Promise<AttackOutput> {
  return attack.run(
    { shadows: [], references: [], population: null, randomPoints: null, ...input },
    attack.params.parse(params),
    { rng: createRng(1), engine },
  );
}

/** What an attack's needs are on one of the datasets. */
export function needsOf(
  attack: Attack,
  params: object,
  { dataset = "location", split = "quarters" }: { dataset?: string; split?: AttackSetting["split"] } = {},
): ReturnType<Attack["needs"]> {
  const info = catalog.datasets[dataset] as DatasetInfo;
  const model = { name: "mlp", version: 1, params: {} };
  return attack.needs(attack.params.parse(params), {
    ...{ dataset: info, model, training: trainingSchema.parse({}) },
    ...{ split, side: 10 },
  });
}

/** Compares numbers one by one, to eleven decimals. */
export function near(values: readonly number[]): unknown[] {
  return values.map((value) => expect.closeTo(value, 11));
}
