import { InvalidInput } from "./errors.ts";
import { createRng } from "./rng.ts";

/**
 * How a dataset's records are dealt out: into four equal, disjoint quarters (Salem et al. 2019, §III: target members,
 * target non-members, shadow members, shadow non-members). This file is the only place that decides who is a member.
 */
export interface Split {
  /** Path of the random stream that deals the records; one per seed and repeat, shared by all models, attacks and defenses. */
  seed: string;
  /** Records in a quarter. */
  quarter: number;
}

/** Record indices of a model's training set (members) and of an equally large set that it never saw (non-members). */
export interface Sides {
  members: Uint32Array;
  nonMembers: Uint32Array;
}

/** Records on which an attack is judged, in random order, with the truth that the attack is not shown. */
export interface Evaluation {
  indices: Uint32Array;
  isMember: Uint8Array;
}

/** A model of the split: the target, or shadow 0, 1, … */
export type Owner = "target" | number;

/** The largest quarter that `records` records allow. */
export function largestQuarter(records: number): number {
  return Math.floor(records / 4);
}

/**
 * The members and non-members of one model. The target has two fixed quarters; each shadow draws its two halves anew
 * from the other two quarters, so that shadows differ while none ever touches a target's record.
 *
 * @throws {InvalidInput} when the quarter is not a positive integer, or four quarters do not fit into `records`.
 */
export function sidesOf(owner: Owner, records: number, split: Split): Sides {
  const { quarter } = split;
  if (!Number.isInteger(quarter) || quarter < 1) {
    throw new InvalidInput(`${quarter} records per quarter is not a positive integer; correct records`);
  }
  if (quarter * 4 > records) {
    throw new InvalidInput(
      `${quarter} records per quarter need ${quarter * 4} records, but there are ${records}; lower records to ${largestQuarter(records)} or less`,
    );
  }
  const rng = createRng(split.seed).child("split");
  const dealt = rng.permutation(records);
  if (owner === "target") return { members: dealt.slice(0, quarter), nonMembers: dealt.slice(quarter, 2 * quarter) };
  const pool = dealt.subarray(2 * quarter, 4 * quarter);
  const order = rng.child("shadow", owner).permutation(2 * quarter);
  const drawn = Uint32Array.from(order, (position) => pool[position] as number);
  return { members: drawn.slice(0, quarter), nonMembers: drawn.slice(quarter) };
}

/** A model's members and non-members, mixed, so that a record's position tells nothing. */
export function evaluationOf(owner: Owner, records: number, split: Split): Evaluation {
  const { members, nonMembers } = sidesOf(owner, records, split);
  const order = createRng(split.seed)
    .child("evaluation", owner)
    .permutation(members.length + nonMembers.length);
  const indices = new Uint32Array(order.length);
  const isMember = new Uint8Array(order.length);
  order.forEach((from, to) => {
    const member = from < members.length;
    indices[to] = (member ? members[from] : nonMembers[from - members.length]) as number;
    isMember[to] = member ? 1 : 0;
  });
  return { indices, isMember };
}
