import { logCdf } from "@shadowfarm/core/normal";
import { createRng } from "@shadowfarm/core/rng";
import { auc } from "@shadowfarm/core/roc";
import { expect, test } from "vitest";
import { answersOf, attacked, knownAnswersOf, logit, near, needsOf } from "./answers.fixture.ts";
import { lira } from "./lira.ts";

// Logit-scaled confidences. Record 0: IN 3 and 5 (mean 4, deviation 1), OUT 0 and 4 (2, 2); record 1: IN 5 and 11 (8, 3),
// OUT −3 and −1 (−2, 1). The target's are 3 and −1.
const logits = [
  [3, -3],
  [5, -1],
  [0, 5],
  [4, 11],
];
const isMember = [
  [1, 0],
  [1, 0],
  [0, 1],
  [0, 1],
];
const target = answersOf([3, -1].map(logit));
const references = logits.map((row, model) => knownAnswersOf(row.map(logit), isMember[model] as number[]));

const { LN2, log, sqrt } = Math;
const LN3 = log(3);
const HALF_LN_2PI = log(2 * Math.PI) / 2;
// P[N(0, 1) ≤ ½] and P[N(0, 1) ≤ 1], from a table.
const [CDF_HALF, CDF_ONE] = [0.6914624612740131, 0.8413447460685429];

test.each([
  ["online, by each record's own deviations", {}, [-1 / 2 + 1 / 8 + LN2, -9 / 2 - LN3 + 1 / 2]],
  // IN scores are ±1 and ±3 from their centers, OUT ones ±2 and ±1: variances 5 and 2.5.
  ["online, centered", { spread: "centered" }, [-1 / 10 + 1 / 5 - LN2 / 2, -81 / 10 + 1 / 5 - LN2 / 2]],
  // All IN scores have variance 9 around 6, all OUT ones 6.5 around 0.
  ["online, raw", { spread: "raw" }, [-1 / 18, -81 / 18].map((inside) => inside + 1 / 13 + log(6.5 / 9) / 2)],
  ["online, raw-in", { spread: "raw-in" }, [(-1 + 1) / 18, (-81 + 1) / 18]],
  // The deviations' means: 2 and 1.5.
  ["online, average", { spread: "average" }, [-1 / 8, -81 / 8].map((inside) => inside + 1 / 4.5 + log(1.5 / 2))],
  ["offset", { variant: "offset" }, [3 - (4 + 2) / 2, -1 - (8 - 2) / 2]],
  ["global", { variant: "global" }, [3, -1]],
  ["offline, one-sided", { variant: "offline" }, [log(CDF_HALF), log(CDF_ONE)]],
  ["offline, two-sided", { variant: "offline", tail: "two-sided" }, [1 / 8 + LN2 + HALF_LN_2PI, 1 / 2 + HALF_LN_2PI]],
  [
    "offline, two-sided, raw-in",
    { variant: "offline", tail: "two-sided", spread: "raw-in" },
    [1 / 18 + LN3 + HALF_LN_2PI, 1 / 18 + LN3 + HALF_LN_2PI],
  ],
])("two records by hand: %s", async (_, params, scores) => {
  expect([...(await attacked(lira, params, { target, references })).scores]).toEqual(near(scores));
});

test.each([
  // IN 0, 1, 5: mean 2, median 1, variance 14/3. OUT −4, −3, 4: mean −1, median −3, variance 38/3. The target's is 1.
  ["mean", -3 / 28 + 12 / 76 + log(19 / 7) / 2, 1 - (2 - 1) / 2],
  ["median", 48 / 76 + log(19 / 7) / 2, 1 - (1 - 3) / 2],
])("the center is the %s, and the deviation around the mean either way", async (center, online, offset) => {
  const sides = [0, 1, 5, -4, -3, 4].map((phi, model) => knownAnswersOf([logit(phi)], [model < 3 ? 1 : 0]));
  const input = { target: answersOf([logit(1)]), references: sides };
  expect([...(await attacked(lira, { center }, input)).scores]).toEqual(near([online]));
  expect([...(await attacked(lira, { center, variant: "offset" }, input)).scores]).toEqual(near([offset]));
});

test("each view has distributions of its own, and a record's score is the mean over its views", async () => {
  const views = 2;
  // Record 0 has two views, like the two records above, and was in the first two models; record 1 the same in the last two.
  const rows = [
    [3, 5, 0, -3],
    [5, 11, 4, -1],
    [0, -3, 3, 5],
    [4, -1, 5, 11],
  ];
  const seen = rows.map((row, model) => knownAnswersOf(row.map(logit), isMember[model] as number[], { views }));
  const input = { target: answersOf([3, -1, 3, -1].map(logit), { views }), references: seen };
  const mean = (-1 / 2 + 1 / 8 + LN2 - 9 / 2 - LN3 + 1 / 2) / 2;
  expect([...(await attacked(lira, {}, input)).scores]).toEqual(near([mean, mean]));
  expect([...(await attacked(lira, { variant: "global" }, input)).scores]).toEqual(near([1, 1]));

  const bare = seen.map((reference) => ({ ...reference, isMember: Uint8Array.of(reference.isMember[0] as number, 1) }));
  await expect(attacked(lira, {}, { ...input, references: bare })).rejects.toThrow(
    "record 1 is in all reference models or in none; use more of them",
  );
});

test("of several classes the odds are against all others together, also where the confidence rounds to 1", async () => {
  const sure = answersOf([
    [0.1, 0.7, 0.2],
    [1e-20, 1, 3e-20],
  ]);
  const { scores } = await attacked(lira, { variant: "global" }, { target: { ...sure, labels: Int32Array.of(1, 1) } });
  expect([...scores]).toEqual(near([log(0.7 / 0.3), -log(4e-20)]));
});

test("with many models it parts two normal distributions as well as can be, however hard each record is", async () => {
  const rng = createRng("records");
  const records = 500;
  const hardness = Float64Array.from({ length: records }, () => 3 * rng.normal());
  const modelOf = (memberOf: (record: number) => number) => {
    const members = Array.from(hardness, (_, record) => memberOf(record));
    return knownAnswersOf(
      members.map((member, record) => logit((hardness[record] as number) + 2 * member + rng.normal())),
      members,
    );
  };
  const { isMember, ...target } = modelOf(() => rng.int(2));
  const references = Array.from({ length: 32 }, (_, model) => modelOf((record) => (record + model) % 2));
  const aucOf = async (params: object) => auc((await attacked(lira, params, { target, references })).scores, isMember);
  // Members are 2 above the others: P[N(2, 1) > N(0, 1)] = Φ(2 / √2), and hardness adds 9 to both variances.
  expect(await aucOf({ spread: "centered" })).toBeCloseTo(Math.exp(logCdf(2 / sqrt(2))), 1.3);
  expect(await aucOf({ variant: "global" })).toBeCloseTo(Math.exp(logCdf(2 / sqrt(20))), 1.3);
});

test("the threshold is where both sides are as likely, or at the FPR", async () => {
  const thresholdOf = async (params: object) => (await attacked(lira, params, { target, references })).threshold;
  expect(await thresholdOf({})).toEqual({ by: "fixed", value: 0 });
  expect(await thresholdOf({ variant: "offline", alpha: 0.05 })).toEqual({
    by: "fixed",
    value: expect.closeTo(log(0.95), 11),
  });
  expect(await thresholdOf({ variant: "offline", tail: "two-sided" })).toEqual({ by: "oracle" });
  expect(await thresholdOf({ variant: "global" })).toEqual({ by: "oracle" });
});

test("online and offset need models with the record and without it, offline only the latter, global none", () => {
  const access = "posteriors";
  for (const params of [{ variant: "online" }, { variant: "offset" }, { variant: "offline", spread: "raw-in" }]) {
    expect(needsOf(lira, { ...params, shadows: 4 })).toEqual({ access, references: 4, views: 1, split: "halves" });
  }
  expect(needsOf(lira, { variant: "offline", shadows: 3 })).toEqual({ access, references: 3, views: 1 });
  expect(needsOf(lira, { variant: "global", views: 18 }, { dataset: "mnist" })).toEqual({ access, views: 18 });
});

test.each([
  [{ shadows: 5 }, "shadows is 5, an odd number, with which records are not in equally many; use an even one"],
  [
    { shadows: 2 },
    "shadows is 2, too few for spread record, which needs 2 models a record on a side; use 4 or more, or spread raw",
  ],
  [
    { variant: "offline", shadows: 1, spread: "average" },
    "shadows is 1, too few for spread average, which needs 2 models a record on a side; use 2 or more, or spread raw",
  ],
  [{ views: 2 }, "views is 2, but location has binary records; use 1"],
])("refuses %o", (params, message) => {
  expect(() => needsOf(lira, params)).toThrow(message);
});
