import { InvalidInput } from "@shadowfarm/core/errors";
import { logCdf, logDensity } from "@shadowfarm/core/normal";
import { z } from "zod";
import { deviationOf, meanOf, medianOf } from "../moments.ts";
import { signalsOf } from "../signals.ts";
import { defineAttack } from "../unit.ts";

/** Added to every deviation by the public codes: scores that never vary would divide by zero. */
const TINY = 1e-30;

/**
 * How likely the target's confidence in a record is under models trained with it and under models trained without it, both
 * taken to be normal. Carlini et al. 2022, §IV-V: Algorithm 1 (online), §V-C (offline), and the logit-scaled confidence
 * of §IV-C, averaged over views.
 *
 * `online` is the log-likelihood ratio, `offline` ln P[N(out) ≤ score] of models without the record alone, `offset` the
 * score minus the middle of the two means, and `global` the score itself.
 *
 * The defaults are the paper's. Public codes depart from it, and so can this: `center: median` and `tail: two-sided`
 * (mi_lira_2021), `spread` in five ways. `record` is each record's own deviation (for 64 models or so); the
 * other ones share a deviation among records, one for IN and one for OUT: `centered`, that of all scores minus their
 * record's center (the paper's fixed variance; TF-Privacy), `raw`, that of all scores (LeakPro, mi_lira's offline),
 * `raw-in`, that of the IN scores for both (the slip in mi_lira's plot.py), and `average`, the mean of the records'
 * deviations (PrivacyGuard).
 */
export const lira = defineAttack({
  name: "lira",
  title: "Likelihood-ratio attack (LiRA)",
  paper: "Carlini et al. 2022, §IV-V",
  version: 1,
  params: z.strictObject({
    variant: z
      .enum(["online", "offline", "offset", "global"])
      .default("online")
      .describe("which models a record is compared with: those with it and those without it, the latter, or none"),
    shadows: z
      .int()
      .min(1)
      .max(1024)
      .default(64)
      .describe("reference models; an even number, half of them with each record"),
    center: z.enum(["mean", "median"]).default("mean").describe("of a record's scores; median is mi_lira's code"),
    spread: z
      .enum(["record", "centered", "raw", "raw-in", "average"])
      .default("record")
      .describe("deviation: each record's own, or one for all records; raw-in and average are slips of public codes"),
    tail: z
      .enum(["one-sided", "two-sided"])
      .default("one-sided")
      .describe("of offline: two-sided is mi_lira's code, to which a very low confidence looks like a member, too"),
    views: z
      .literal([1, 2, 18])
      .default(1)
      .describe(
        "queries a record: itself, its mirror image, and with 18 both shifted by a pixel in 8 directions; images",
      ),
    alpha: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.1)
      .describe("FPR at which offline puts its threshold; the other variants put it where both sides are as likely"),
  }),
  needs({ variant, shadows, spread, views }, { dataset, split }) {
    if (views > 1 && dataset.kind !== "image") {
      throw new InvalidInput(`views is ${views}, but ${dataset.name} has ${dataset.kind} records; use 1`);
    }
    if (variant === "global") return { access: "posteriors", views };
    const shared = variant === "online" || variant === "offset" || split === "halves";
    if (shared && shadows % 2 === 1) {
      throw new InvalidInput(
        `shadows is ${shadows}, an odd number, with which records are not in equally many; use an even one`,
      );
    }
    const least = leastModels(variant, spread);
    const sides = shared ? shadows / 2 : shadows;
    if (sides < least) {
      throw new InvalidInput(
        `shadows is ${shadows}, too few for spread ${spread}, which needs ${least} models a record on a side; use ${shared ? 2 * least : least} or more, or spread raw`,
      );
    }
    const online = variant === "online" || variant === "offset" || spread === "raw-in";
    return { access: "posteriors", references: shadows, views, ...(online && { split: "halves" as const }) };
  },
  async run({ target, references }, { variant, center, spread, tail, alpha }) {
    const { views } = target;
    const own = signalsOf(target, "logit");
    if (variant === "global") return { scores: meanOverViews(own, views), threshold: { by: "oracle" } };
    const sides = sidesOf(
      references.map((reference) => ({ scores: signalsOf(reference, "logit"), isMember: reference.isMember })),
      own.length,
      views,
    );
    const middle = center === "mean" ? meanOf : (values: ArrayLike<number>) => medianOf(Array.from(values));
    const out = normalsOf(sides.out, views, middle, spread === "raw-in" ? "raw" : spread);
    if (variant === "offline") {
      const spreadOut = spread === "raw-in" ? normalsOf(sides.in, views, middle, "raw").deviation : out.deviation;
      const score = (x: number, at: number) =>
        tail === "two-sided"
          ? -logDensity(x, out.center(at), spreadOut(at))
          : logCdf((x - out.center(at)) / spreadOut(at));
      const scores = meanOverViews(own.map(score), views);
      if (tail === "two-sided") return { scores, threshold: { by: "oracle" } };
      return { scores, threshold: { by: "fixed", value: Math.log1p(-alpha) } };
    }
    const inside = normalsOf(sides.in, views, middle, spread === "raw-in" ? "raw" : spread);
    const score = (x: number, at: number) =>
      variant === "offset"
        ? x - (inside.center(at) + out.center(at)) / 2
        : logDensity(x, inside.center(at), inside.deviation(at)) -
          logDensity(x, out.center(at), (spread === "raw-in" ? inside : out).deviation(at));
    return { scores: meanOverViews(own.map(score), views), threshold: { by: "fixed", value: 0 } };
  },
});

/** Models that must have, or lack, each record for a spread to be one. */
function leastModels(variant: "online" | "offline" | "offset", spread: string): number {
  if (variant === "offset" || spread === "raw" || spread === "raw-in") return 1;
  return 2;
}

/** Scores of each record (and view) in models with it, and in models without it. */
interface Sides {
  in: number[][];
  out: number[][];
}

function sidesOf(
  references: readonly { scores: Float64Array; isMember: Uint8Array }[],
  rows: number,
  views: number,
): Sides {
  const sides: Sides = { in: Array.from({ length: rows }, () => []), out: Array.from({ length: rows }, () => []) };
  for (const { scores, isMember } of references) {
    scores.forEach((score, row) => {
      sides[isMember[Math.floor(row / views)] === 1 ? "in" : "out"][row]?.push(score);
    });
  }
  return sides;
}

/** A normal distribution for each row. */
interface Normals {
  center(row: number): number;
  deviation(row: number): number;
}

/** @throws {InvalidInput} when some record is in all models, or in none, so that one of its distributions is unknown. */
function normalsOf(
  rows: readonly number[][],
  views: number,
  middle: (values: ArrayLike<number>) => number,
  spread: "record" | "centered" | "raw" | "average",
): Normals {
  const bare = rows.findIndex((scores) => scores.length === 0);
  if (bare >= 0) {
    throw new InvalidInput(
      `record ${Math.floor(bare / views)} is in all reference models or in none; use more of them`,
    );
  }
  const centers = Float64Array.from(rows, middle);
  const center = (row: number) => centers[row] as number;
  if (spread === "record") {
    const own = Float64Array.from(rows, deviationOf);
    return { center, deviation: (row) => (own[row] as number) + TINY };
  }
  const shared = sharedSpread(rows, centers, spread) + TINY;
  return { center, deviation: () => shared };
}

function sharedSpread(
  rows: readonly number[][],
  centers: Float64Array,
  spread: "centered" | "raw" | "average",
): number {
  switch (spread) {
    case "average":
      return meanOf(rows.map(deviationOf));
    case "raw":
      return deviationOf(rows.flat());
    case "centered":
      return deviationOf(rows.flatMap((scores, row) => scores.map((score) => score - (centers[row] as number))));
  }
}

/** The mean over each record's views; records. */
function meanOverViews(values: Float64Array, views: number): Float64Array {
  return Float64Array.from({ length: values.length / views }, (_, record) =>
    meanOf(values.subarray(record * views, (record + 1) * views)),
  );
}
