import type { ProbeUse } from "@shadowfarm/core/catalog";
import { createRng, type Rng } from "@shadowfarm/core/rng";
import { auc } from "@shadowfarm/core/roc";
import { trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import { beforeAll, expect, test } from "vitest";
import { catalog } from "../catalog.ts";
import { distanceNorms, distancesAt } from "../probes/hop-skip-jump.ts";
import { shareAt } from "../probes/noisy-copies.ts";
import type { Answers, Attack, AttackInput, AttackOutput, Probed } from "../unit.ts";
import { attacks } from "./index.ts";

type Context = Parameters<Attack["run"]>[2];
type Known = AttackInput["shadows"][number];

const classes = 5;
const all = Object.values<Attack>(attacks).map((attack) => ({ name: attack.name, attack }));
let engine: Context["engine"];

beforeAll(async () => {
  engine = await openEngine("onnx");
});

/** Parameters of attacks that have no default for one, or whose default is larger than a test needs. */
const parameters: Readonly<Record<string, object>> = {
  // Without smoothing, one non-member in nine beats all of eight references.
  "attack-r": { smoothing: "normal" },
  lira: { shadows: 16 },
  transfer: { from: "location" },
};

/** What a record is like for every model: how sure of it a model is that never saw it. */
interface Nature {
  isMember: Uint8Array;
  labels: Int32Array;
}

function naturesOf(records: number, rng: Rng): Nature {
  const isMember = Uint8Array.from({ length: records }, (_, record) => record % 2);
  return { isMember, labels: Int32Array.from(isMember, () => rng.int(classes)) };
}

/**
 * A model's answers on records. On members they are sharp and right; on non-members so too if the two are
 * indistinguishable, and otherwise flat and wrong.
 */
function answersOn({ isMember, labels }: Nature, separable: boolean, rng: Rng): Known {
  const posteriors = new Float32Array(labels.length * classes);
  labels.forEach((label, record) => {
    const member = isMember[record] === 1;
    const peak = member || !separable ? 0.8 + 0.19 * rng.uniform() : 0.25 + 0.1 * rng.uniform();
    const right = separable ? member : rng.uniform() < 0.7;
    posteriors.fill((1 - peak) / (classes - 1), record * classes, (record + 1) * classes);
    posteriors[record * classes + (right ? label : (label + 1) % classes)] = peak;
  });
  return { classes, views: 1, posteriors, labels, isMember };
}

const answers = (records: number, separable: boolean, rng: Rng) => answersOn(naturesOf(records, rng), separable, rng);

function paramsOf(attack: Attack): Record<string, unknown> {
  return attack.params.parse(parameters[attack.name] ?? {});
}

/** What a probe finds of each record: of members more than of non-members, if they are separable. */
function foundBy({ name, checkpoints = [], params }: ProbeUse, nature: Nature, separable: boolean, rng: Rng): Probed {
  const seen = (copies: number, value: (share: number) => number) =>
    Float32Array.from({ length: nature.labels.length * copies }, (_, row) => {
      const member = nature.isMember[Math.floor(row / copies)] === 1;
      return value(separable ? (member ? 0.8 : 0.1) + 0.1 * rng.uniform() : rng.uniform());
    });
  const arraysOf: Record<string, () => Probed["arrays"]> = {
    "altered-copies": () => ({ right: seen(params.kind === "rotation" ? 3 : 5, Math.round) }),
    "hop-skip-jump": () =>
      Object.fromEntries(
        distanceNorms.flatMap((norm) =>
          checkpoints.map((queries) => [distancesAt(norm, queries), seen(1, (share) => 10 * share)]),
        ),
      ),
    "noisy-copies": () => Object.fromEntries(checkpoints.map((copies) => [shareAt(copies), seen(1, (share) => share)])),
    perturbed: () => ({
      posteriors: answersOn(params.targets ? timesClasses(nature) : nature, separable, rng).posteriors as Float32Array,
    }),
    smoothing: () => ({ radius: seen(1, (share) => share) }),
    verified: () => ({ confidence: seen(1, (share) => share), verified: seen(1, Math.round) }),
  };
  const make = arraysOf[name];
  if (!make) throw new Error(`say here what the probe ${name} finds`);
  return { arrays: make(), queries: new Uint32Array(nature.labels.length).fill(checkpoints.at(-1) ?? 1) };
}

/** Every record once for each class. */
function timesClasses({ isMember, labels }: Nature): Nature {
  const of = (row: number) => Math.floor(row / classes);
  const rows = labels.length * classes;
  return {
    isMember: Uint8Array.from({ length: rows }, (_, row) => isMember[of(row)] as number),
    labels: Int32Array.from({ length: rows }, (_, row) => labels[of(row)] as number),
  };
}

/** An input as the attack's needs ask for it, and the truth about its target. */
function anInput(attack: Attack, records: number, separable: boolean): { input: AttackInput; isMember: Uint8Array } {
  // A dataset of pictures, about which every attack can ask.
  const { mnist } = catalog.datasets;
  if (!mnist) throw new Error("the dataset is missing");
  const model = { name: "mlp", version: 1, params: {} };
  const setting = { dataset: { ...mnist, classes }, model, training: trainingSchema.parse({}), side: records / 2 };
  const needs = attack.needs(paramsOf(attack), { ...setting, split: "halves" });
  const rng = createRng("answers");
  const { probe } = needs;
  const probed = (nature: Nature) => probe && { probed: foundBy(probe, nature, separable, rng) };
  const { isMember, ...target } = answers(records, separable, rng);
  const shadows = (needs.shadows ?? []).flatMap(({ count, about }) =>
    Array.from({ length: count }, (_, model) => {
      const own =
        about === "target" ? answersOn({ ...target, isMember }, separable, rng) : answers(200, separable, rng);
      // Whether the shadow itself was trained on the target's records is another matter.
      return { ...own, ...probed(own), ...(about === "target" && { isMember: membership(records, model) }) };
    }),
  );
  // In turn, half of the references are trained on each record, as in the split of halves.
  const references = Array.from({ length: needs.references ?? 0 }, (_, model) =>
    answersOn({ labels: target.labels, isMember: membership(records, model) }, separable, rng),
  );
  const outside = naturesOf(needs.population ?? 0, rng);
  outside.isMember.fill(0);
  const onPopulation = () => answersOn(outside, separable, rng);
  const population = needs.population ? { target: onPopulation(), references: references.map(onPopulation) } : null;
  const randomPoints = needs.randomPoints
    ? (answers(needs.randomPoints, separable, rng).posteriors as Float32Array)
    : null;
  const points = { labels: new Int32Array(needs.randomPoints ?? 0), isMember: new Uint8Array(needs.randomPoints ?? 0) };
  return {
    input: {
      target: { ...target, ...probed({ ...target, isMember }) },
      ...{ shadows, references, population, randomPoints },
      ...(probe && needs.randomPoints && { probedRandomPoints: foundBy(probe, points, separable, rng) }),
    },
    isMember,
  };
}

function membership(records: number, model: number): Uint8Array {
  const rng = createRng("membership").child(Math.floor(model / 2));
  return Uint8Array.from({ length: records }, () => (rng.uniform() < 0.5 ? 1 : 0) ^ (model % 2));
}

function run(attack: Attack, input: AttackInput, seed = 1): Promise<AttackOutput> {
  return attack.run(input, paramsOf(attack), { rng: createRng(seed), engine });
}

test.each(all)(
  "$name: one finite score a record and a usable threshold, the same under the same seed",
  async ({ attack }) => {
    const { input } = anInput(attack, 50, true);
    const output = await run(attack, input);
    expect(output.scores.length).toBe(50);
    expect(output.scores.every(Number.isFinite)).toBe(true);
    const { threshold } = output;
    if (threshold.by !== "oracle") expect([threshold.value].flat().every(Number.isFinite)).toBe(true);
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
  const reordered = <A extends Answers & { isMember?: Uint8Array }>(answered: A): A => ({
    ...answered,
    posteriors: Float32Array.from(answered.posteriors, (_, at) => {
      const from = order[Math.floor(at / classes)] as number;
      return answered.posteriors[from * classes + (at % classes)] as number;
    }),
    labels: answered.labels.map((_, at) => answered.labels[order[at] as number] as number),
    ...(answered.probed && { probed: reorderedFinding(answered.probed, order) }),
    ...(answered.isMember && {
      isMember: answered.isMember.map((_, at) => answered.isMember?.[order[at] as number] ?? 0),
    }),
  });
  const plain = await run(attack, input);
  const references = input.references.map(reordered);
  const shadows = input.shadows.map((answered) => (answered.labels.length === 50 ? reordered(answered) : answered));
  const { scores } = await run(attack, { ...input, target: reordered(input.target), shadows, references });
  for (const [at, score] of scores.entries()) expect(score).toBeCloseTo(plain.scores[order[at] as number] as number, 6);
});

function reorderedFinding({ arrays, queries }: Probed, order: Uint32Array): Probed {
  const moved = Object.entries(arrays).map(([name, values]) => {
    const columns = values.length / order.length;
    const from = (at: number) => (order[Math.floor(at / columns)] as number) * columns + (at % columns);
    return [name, values.map((_, at) => values[from(at)] as number)];
  });
  return { arrays: Object.fromEntries(moved), queries };
}
