import { z } from "zod";
import type { KnownScores } from "../class-thresholds.ts";
import { knownScores } from "../known-scores.ts";
import { signalsOf } from "../signals.ts";
import { defineAttack } from "../unit.ts";

/** Below this an entropy counts as this: logarithms need a smallest value. */
const SMALLEST = 1e-10;

/**
 * The probability that a record was a member, given its modified entropy: the shadows' members and non-members of its
 * class are counted in bins that are even on a logarithmic scale, and the score is the members' share of the record's bin
 * (of the nearest bin that is not empty). Song & Mittal 2021, §4.
 */
export const privacyRisk = defineAttack({
  name: "privacy-risk",
  title: "Privacy risk score",
  paper: "Song & Mittal 2021, §4",
  version: 1,
  params: z.strictObject({
    shadows: z.int().min(1).max(256).default(1).describe("shadow models"),
    bins: z.int().min(2).max(1000).default(5).describe("bins of each class"),
  }),
  needs: ({ shadows }) => ({ access: "posteriors", shadows: [{ count: shadows }] }),
  async run({ target, shadows }, { bins }) {
    const known = knownScores(shadows, "modified-entropy");
    const risks = Array.from({ length: target.classes }, (_, label) => riskOf(ofClass(known, label), bins));
    const statistic = signalsOf(target, "modified-entropy");
    const scores = statistic.map((value, record) => (risks[target.labels[record] as number] as Risk)(value));
    return { scores, threshold: { by: "fixed", value: 0.5 } };
  },
});

/** The member's share at a negated entropy. */
type Risk = (statistic: number) => number;

function ofClass({ scores, isMember, labels }: KnownScores, label: number): { value: number; member: boolean }[] {
  return [...scores].flatMap((value, record) =>
    labels[record] === label ? { value, member: isMember[record] === 1 } : [],
  );
}

function riskOf(records: readonly { value: number; member: boolean }[], bins: number): Risk {
  const members = records.filter(({ member }) => member).length;
  const others = records.length - members;
  // Of a class that the shadows do not know on both sides nothing can be said.
  if (members === 0 || others === 0) return () => 0.5;
  const places = records.map(({ value }) => placeOf(value));
  const low = places.reduce((least, place) => Math.min(least, place), Number.POSITIVE_INFINITY);
  const high = places.reduce((most, place) => Math.max(most, place), Number.NEGATIVE_INFINITY);
  const binOf = (place: number) =>
    high === low ? 0 : Math.max(0, Math.min(bins - 1, Math.floor(((place - low) / (high - low)) * bins)));
  const shares = Array.from({ length: bins }, () => ({ members: 0, others: 0 }));
  records.forEach(({ member }, at) => {
    const bin = shares[binOf(places[at] as number)] as { members: number; others: number };
    // Shares of each side, so that unequal sides do not lean the score.
    if (member) bin.members += 1 / members;
    else bin.others += 1 / others;
  });
  const filled = shares.flatMap((bin, at) =>
    bin.members + bin.others > 0 ? { at, risk: bin.members / (bin.members + bin.others) } : [],
  );
  return (statistic) => {
    const bin = binOf(placeOf(statistic));
    return filled.reduce((nearest, one) => (Math.abs(one.at - bin) < Math.abs(nearest.at - bin) ? one : nearest)).risk;
  };
}

/** Where a negated entropy is on the logarithmic scale. */
function placeOf(statistic: number): number {
  return Math.log10(Math.max(-statistic, SMALLEST));
}
