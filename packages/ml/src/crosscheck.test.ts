import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { evaluate } from "@shadowfarm/core/metrics";
import { createRng } from "@shadowfarm/core/rng";
import { bestBalancedAccuracy, rocCurve, tprAtFpr } from "@shadowfarm/core/roc";
import { describe, expect, test } from "vitest";
import { gap } from "./attacks/gap.ts";
import { lira } from "./attacks/lira.ts";
import { metric } from "./attacks/metric.ts";
import { rmia } from "./attacks/rmia.ts";
import { threshold } from "./attacks/threshold.ts";
import { filesIn } from "./datasets/formats/archive.ts";
import { type NpyArray, parseNpy } from "./npy.ts";
import type { Attack, AttackInput, KnownAnswers } from "./unit.ts";

const folder = path.resolve(
  process.env.SHADOWFARM_CROSSCHECK ?? path.join(import.meta.dirname, "../../../../shared/crosscheck"),
);
const present = existsSync(folder);
const title = present ? "cross-check" : `cross-check SKIPPED: no ${folder}; set SHADOWFARM_CROSSCHECK`;

const engine = { name: "none", packs: false, compileLoop: unused, compileFn: unused, compileStep: unused };
function unused(): never {
  throw new Error("none of these attacks computes anything on the engine");
}

function read(name: string) {
  return parseNpy(readFileSync(path.join(folder, name)), name);
}

/** Each model's answers on the 1,000 records, or on the population, which none of them saw. */
function answersOf(prefix: string): KnownAnswers[] {
  const { shape, data } = read(`${prefix}posteriors.npy`);
  const labels = read(`${prefix}labels.npy`).data as Int32Array;
  const membership = prefix === "" ? (read("membership.npy").data as Uint8Array) : null;
  const [models = 0, records = 0, classes = 0] = shape;
  const size = records * classes;
  return Array.from({ length: models }, (_, model) => ({
    classes,
    views: 1,
    labels,
    posteriors: (data as Float64Array).subarray(model * size, (model + 1) * size),
    isMember: membership?.subarray(model * records, (model + 1) * records) ?? new Uint8Array(records),
  }));
}

/** What an attacker on model 16 has: models 0 to 15, on the same records. */
function readInput(): { input: AttackInput; isMember: Uint8Array } {
  const models = answersOf("");
  const { isMember, ...target } = models.pop() as KnownAnswers;
  const outside = answersOf("population_");
  const ownOutside = outside.pop() as KnownAnswers;
  return {
    input: {
      target,
      shadows: models,
      references: models,
      population: { target: ownOutside, references: outside },
      randomPoints: null,
    },
    isMember,
  };
}

const nothing = { shadows: [], references: [], population: null, randomPoints: null };

/** What a released model says of its members and of other faces. An `.npz` file is a zip archive. */
async function readYale(model: string, inputs: string): Promise<KnownAnswers> {
  const arrays = new Map<string, ReturnType<typeof parseNpy>>();
  for await (const file of filesIn(path.join(folder, "song-yale", `${model}.npz`), { maxBytes: 10_000_000 })) {
    arrays.set(file.path, parseNpy(await file.read(), file.path));
  }
  const sides = ["train", "test"].map((side) => ({
    posteriors: arrays.get(`output_${side}_${inputs}.npy`) as NpyArray,
    labels: Int32Array.from(arrays.get(`${side}_label.npy`)?.data as BigInt64Array, Number),
  }));
  const flags = sides.flatMap(({ labels }, side) => Array.from(labels, () => 1 - side));
  return {
    classes: sides[0]?.posteriors.shape[1] as number,
    views: 1,
    posteriors: Float64Array.from(sides.flatMap(({ posteriors }) => [...(posteriors.data as Float64Array)])),
    labels: Int32Array.from(sides.flatMap(({ labels }) => [...labels])),
    isMember: Uint8Array.from(flags),
  };
}

const rounded = (value: number) => Number(value.toFixed(4));

async function attacked(attack: Attack, params: object, input: AttackInput, isMember: Uint8Array) {
  const { scores, threshold } = await attack.run(input, attack.params.parse(params), { rng: createRng(1), engine });
  const roc = rocCurve(scores, isMember);
  const { labels, classes } = input.target;
  const judged = { labels, classes, queries: labels.length };
  return {
    roc,
    metrics: evaluate(scores, isMember, threshold, { trainAccuracy: 1, testAccuracy: 0.5 }, judged),
  };
}

/** The rows of expected.json, and the setting that is each of them. */
const rows: [row: string, attack: Attack, params: object][] = [
  ["tensorflow/privacy mi_lira_2021 online", lira, { center: "median" }],
  ["tensorflow/privacy mi_lira_2021 online fixvar", lira, { center: "median", spread: "raw-in" }],
  ["tensorflow/privacy mi_lira_2021 online fixvar, slip corrected", lira, { center: "median", spread: "raw" }],
  ["tensorflow/privacy mi_lira_2021 offline", lira, { variant: "offline", center: "median", tail: "two-sided" }],
  [
    "tensorflow/privacy mi_lira_2021 offline fixvar",
    lira,
    { variant: "offline", center: "median", tail: "two-sided", spread: "raw" },
  ],
  ["tensorflow/privacy mi_lira_2021 global threshold", lira, { variant: "global" }],
  ["tensorflow_privacy advanced_mia.compute_score_lira both", lira, { center: "median" }],
  ["tensorflow_privacy advanced_mia.compute_score_lira both fixvar", lira, { center: "median", spread: "centered" }],
  [
    "tensorflow_privacy advanced_mia.compute_score_lira out",
    lira,
    { variant: "offline", center: "median", tail: "two-sided" },
  ],
  [
    "tensorflow_privacy advanced_mia.compute_score_lira out fixvar",
    lira,
    { variant: "offline", center: "median", tail: "two-sided", spread: "centered" },
  ],
  ["tensorflow_privacy advanced_mia.compute_score_offset both", lira, { variant: "offset", center: "median" }],
  ["facebookresearch/PrivacyGuard LiraAttack online", lira, {}],
  ["facebookresearch/PrivacyGuard LiraAttack online fixvar mix", lira, { spread: "average" }],
  [
    "facebookresearch/PrivacyGuard LiraAttack offline shadows_out",
    lira,
    { variant: "offline", tail: "two-sided", spread: "average" },
  ],
  [
    "facebookresearch/PrivacyGuard LiraAttack offline global (default)",
    lira,
    { variant: "offline", tail: "two-sided", spread: "average" },
  ],
  [
    "facebookresearch/PrivacyGuard RmiaAttack online",
    rmia,
    { variant: "online", temperature: 1, references: "largest-half" },
  ],
  ["facebookresearch/PrivacyGuard RmiaAttack offline a=0.3", rmia, { temperature: 1, references: "largest-half" }],
  [
    "privacytrustlab/ml_privacy_meter run_rmia offline a=0.3, 16 refs",
    rmia,
    { temperature: 1, references: "largest-half" },
  ],
  ["aidotse/LeakPro AttackLiRA online var=fixed", lira, {}],
  ["aidotse/LeakPro AttackLiRA online var=carlini", lira, { spread: "raw" }],
  ["aidotse/LeakPro AttackLiRA offline var=fixed", lira, { variant: "offline" }],
  ["aidotse/LeakPro AttackLiRA offline var=carlini", lira, { variant: "offline", spread: "raw" }],
  ["confidence of true class (LOSS / threshold attack)", metric, { statistic: "confidence", threshold: "oracle" }],
  ["negative prediction entropy", threshold, { statistic: "entropy", threshold: "oracle" }],
  ["correct / incorrect (gap attack)", gap, {}],
];

describe.skipIf(!present)(title, () => {
  test("every row of the public toolkits has its setting", () => {
    const expected = JSON.parse(readFileSync(path.join(folder, "expected.json"), "utf8"));
    expect(rows.map(([row]) => row).sort()).toEqual(Object.keys(expected).sort());
  });

  test.each(rows)("%s agrees to four decimals", async (row, attack, params) => {
    const { input, isMember } = readInput();
    const { roc, metrics } = await attacked(attack, params, input, isMember);
    expect({
      auc: rounded(metrics.auc),
      tpr1: rounded(tprAtFpr(roc, 0.01)),
      tpr01: rounded(tprAtFpr(roc, 0.001)),
      balacc: rounded(bestBalancedAccuracy(roc).balancedAccuracy),
    }).toEqual(JSON.parse(readFileSync(path.join(folder, "expected.json"), "utf8"))[row]);
    // Stored, the level that 499 non-members cannot show is not a number.
    expect(metrics.tprAtFpr["0.001"]).toBeNull();
  });

  test.each([
    ["correctness", 0.77],
    ["confidence", 0.865],
    ["entropy", 0.772],
    ["modified-entropy", 0.867],
  ])("Song and Mittal's accuracy by %s is %d", async (statistic, accuracy) => {
    const { input, isMember } = readInput();
    // Their benchmark takes one shadow model: the first.
    const { metrics } = await attacked(
      metric,
      { statistic },
      { ...input, shadows: input.shadows.slice(0, 1) },
      isMember,
    );
    const { recall, fpr, members, nonMembers } = metrics;
    const right = recall * members + (1 - fpr) * nonMembers;
    expect(Math.round((1000 * right) / (members + nonMembers)) / 1000).toBe(accuracy);
  });

  /** Predictions that Song et al. released, and what their scoring makes of them (privacy-vs-robustness, §5.1 of the sheets). */
  test.each([
    ["natural", "benign", { accuracy: 0.5585, precision: 0.5325, recall: 0.9595, auc: 0.557, gap: 0.5088 }],
    ["natural", "adversarial", { accuracy: 0.5427, precision: 0.5282, recall: 0.7995, auc: 0.54, gap: 0.508 }],
    ["pgd", "benign", { accuracy: 0.6169, precision: 0.5745, recall: 0.9011, auc: 0.6236, gap: 0.516 }],
    ["pgd", "adversarial", { accuracy: 0.6883, precision: 0.6291, recall: 0.9174, auc: 0.688, gap: 0.6069 }],
  ])("Song, Shokri and Mittal: the %s model on %s inputs", async (model, inputs, expected) => {
    const { isMember, ...target } = await readYale(model, inputs);
    const run = (attack: Attack, params: object) => attacked(attack, params, { ...nothing, target }, isMember);
    const { metrics } = await run(metric, { statistic: "confidence", threshold: "oracle" });
    const gapAttack = await run(gap, {});
    const measured = {
      accuracy: metrics.balancedAccuracy,
      precision: metrics.precisionBalanced,
      recall: metrics.recall,
      auc: metrics.auc,
      gap: gapAttack.metrics.balancedAccuracy,
    };
    for (const [name, value] of Object.entries(measured)) {
      expect(Math.abs(value - expected[name as keyof typeof expected]), name).toBeLessThanOrEqual(1e-4);
    }
  });
});
