import { InvalidInput } from "./errors.ts";
import { createRng, type Rng } from "./rng.ts";

export const splitSchemes = ["quarters", "pools", "halves"] as const;

/**
 * How a dataset's records are dealt out between the target and the shadow models. This file is the only place that
 * decides who is a member.
 *
 * - `quarters`: target members, target non-members, and two quarters from which every shadow draws its own two halves
 *   anew. Salem et al. 2019, §III.
 * - `pools`: target members and non-members; every shadow draws as many of both from all other records, so that shadows
 *   overlap each other but never the target. Shokri et al. 2017, §V-C.
 * - `halves`: one set of records, of which the target and every shadow train on a random half each, so that every record
 *   is in about half of the shadows (in exactly half of an even number: shadows 2i and 2i + 1 are complements). Carlini et
 *   al. 2022, §IV-C. Here alone a shadow knows records of the target.
 */
export type SplitScheme = (typeof splitSchemes)[number];

export interface Split {
  scheme: SplitScheme;
  /** Path of the random stream that deals the records; one per seed and repeat, shared by all models, attacks and defenses. */
  seed: string;
  /** Members of a model, and non-members. */
  side: number;
}

/** What is dealt out. */
export interface Population {
  records: number;
  /** Records with one number, such as the frames of one track, never come to different sides. Null: all independent. */
  groups: Int32Array | null; // records
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

/** Sides that a scheme deals: those of the target, and those that the shadows need besides. */
const sidesDealt: Readonly<Record<SplitScheme, number>> = { quarters: 4, pools: 4, halves: 2 };

/**
 * The largest side for which there are certainly records enough.
 *
 * @param largestGroup records of the largest group; a side may lose all but one of them, since groups are not divided
 */
export function largestSide(scheme: SplitScheme, records: number, largestGroup: number): number {
  return Math.max(0, Math.floor(records / sidesDealt[scheme]) - (largestGroup - 1));
}

/**
 * The members and non-members of one model: equally many, none of them both.
 *
 * @throws {InvalidInput} when the side is not a positive integer, or there are too few records.
 */
export function sidesOf(owner: Owner, population: Population, split: Split): Sides {
  const { scheme, side } = split;
  if (!Number.isInteger(side) || side < 1) {
    throw new InvalidInput(`${side} records on a side is not a positive integer; correct records`);
  }
  const rng = createRng(split.seed).child("split");
  const deck = deckOf(population, rng);
  if (scheme === "halves") {
    const common = deck.pool(2 * side);
    const stream = owner === "target" ? rng.child("target") : rng.child("pair", Math.floor(owner / 2));
    const [one, other] = common.shuffled(stream).pair(side);
    return typeof owner === "number" && owner % 2 === 1
      ? { members: other, nonMembers: one }
      : { members: one, nonMembers: other };
  }
  const [members, nonMembers] = deck.pair(side);
  if (owner === "target") return { members, nonMembers };
  const pool = scheme === "quarters" ? deck.pool(2 * side) : deck.pool(Number.POSITIVE_INFINITY);
  const [drawn, left] = pool.shuffled(rng.child("shadow", owner)).pair(side);
  return { members: drawn, nonMembers: left };
}

/**
 * A model's members and non-members, mixed, so that a record's position tells nothing.
 *
 * @param most of each side, the first ones that were dealt; all when absent
 */
export function evaluationOf(owner: Owner, population: Population, split: Split, most?: number): Evaluation {
  const sides = sidesOf(owner, population, split);
  const [members, nonMembers] = [sides.members.subarray(0, most), sides.nonMembers.subarray(0, most)];
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

/** Which of some records a model was trained on: 1 for its members. */
export function membershipOf(owner: Owner, population: Population, split: Split, indices: Uint32Array): Uint8Array {
  const members = new Set(sidesOf(owner, population, split).members);
  return Uint8Array.from(indices, (record) => (members.has(record) ? 1 : 0));
}

/**
 * Records besides those on which the target is judged, in random order; shadow models may have been trained on them.
 *
 * @throws {InvalidInput} when there are fewer than `count`; `largestOutside` says how many there are.
 */
export function outsideOf(population: Population, split: Split, count: number): Uint32Array {
  const rng = createRng(split.seed).child("split");
  const deck = deckOf(population, rng);
  if (split.scheme === "halves") deck.pool(2 * split.side);
  else deck.pair(split.side);
  const drawn = deck.pool(Number.POSITIVE_INFINITY).shuffled(rng.child("outside"));
  return drawn.top(count);
}

/** Records that are certainly left besides those on which the target is judged. */
export function largestOutside(split: Pick<Split, "side">, records: number, largestGroup: number): number {
  return Math.max(0, records - 2 * (split.side + largestGroup - 1));
}

/**
 * Records that an owner holds besides its members, to see how the model takes what it was not trained on: neither judged,
 * nor a member or non-member of this owner, nor (but under `pools`) of any shadow. A draw of each owner's own from the same
 * ones, since the attacker's guess of such records is about as good as the owner's choice.
 *
 * @throws {InvalidInput} when there are fewer than `count`; `largestReference` says how many there are.
 */
export function referenceOf(owner: Owner, population: Population, split: Split, count: number): Uint32Array {
  const rng = createRng(split.seed).child("split");
  const deck = deckOf(population, rng);
  const own = rng.child("reference", owner);
  if (split.scheme !== "halves") deck.pair(split.side);
  if (split.scheme !== "pools") deck.pool(2 * split.side);
  const rest = deck.pool(Number.POSITIVE_INFINITY);
  if (split.scheme !== "pools" || owner === "target") return rest.shuffled(own).top(count);
  const shadows = rest.shuffled(rng.child("shadow", owner));
  shadows.pair(split.side);
  return shadows.pool(Number.POSITIVE_INFINITY).shuffled(own).top(count);
}

/** Records that are certainly there for `referenceOf`. */
export function largestReference(
  { scheme, side }: Pick<Split, "scheme" | "side">,
  records: number,
  largestGroup: number,
): number {
  return Math.max(0, records - sidesDealt[scheme] * (side + largestGroup - 1));
}

/**
 * Disjoint sets of sizes that differ by one at most, for a model that is made of several: with three for the members and
 * three for the non-members of target and shadow these are the twelve sets of Salem et al. 2019, §VI-B.
 *
 * @throws {InvalidInput} when there are fewer records than parts.
 */
export function partsOf(side: Uint32Array, parts: number): Uint32Array[] {
  if (side.length < parts)
    throw new InvalidInput(`${side.length} records cannot be divided into ${parts} sets; raise records`);
  return Array.from({ length: parts }, (_, part) =>
    side.slice(Math.floor((side.length * part) / parts), Math.floor((side.length * (part + 1)) / parts)),
  );
}

/** Records in random order, to be taken from the top, in bundles that stay together. */
class Deck {
  readonly #order: Uint32Array; // records
  /** Where each bundle ends in `order`; null when each record is one. */
  readonly #ends: Uint32Array | null;
  readonly #largest: number;
  #taken = 0;

  constructor(order: Uint32Array, ends: Uint32Array | null) {
    this.#order = order;
    this.#ends = ends;
    this.#largest = ends === null ? 1 : ends.reduce((most, end, at) => Math.max(most, end - (ends[at - 1] ?? 0)), 1);
  }

  /** Two sets of `side` records. What is left of the bundle that fills a set belongs to neither. */
  pair(side: number): [Uint32Array, Uint32Array] {
    return [this.#take(side), this.#take(side)];
  }

  /** The bundles that follow, as many as two sets of `records` in all need, however they are shuffled. */
  pool(records: number): Deck {
    const from = this.#taken;
    const to = this.#endAfter(Math.min(this.#order.length, from + records + this.#largest - 1));
    this.#taken = to;
    const ends = this.#ends?.filter((end) => end > from && end <= to).map((end) => end - from) ?? null;
    return new Deck(this.#order.slice(from, to), ends);
  }

  shuffled(rng: Rng): Deck {
    const ends = this.#ends;
    if (ends === null) {
      return new Deck(
        rng.permutation(this.#order.length).map((at) => this.#order[at] as number),
        null,
      );
    }
    return stack(Array.from(rng.permutation(ends.length), (at) => this.#order.subarray(ends[at - 1] ?? 0, ends[at])));
  }

  /** The first `count` records, whatever their bundles. */
  top(count: number): Uint32Array {
    if (count > this.#order.length) {
      throw new InvalidInput(
        `${count} records besides the target's are more than ${this.#order.length}; lower records`,
      );
    }
    return this.#order.slice(0, count);
  }

  #take(records: number): Uint32Array {
    const from = this.#taken;
    const to = from + records;
    if (to > this.#order.length) {
      throw new InvalidInput(`${records} records on a side are more than the data have; lower records`);
    }
    this.#taken = this.#endAfter(to);
    return this.#order.slice(from, to);
  }

  /** Where the bundle ends that the record before `position` belongs to. */
  #endAfter(position: number): number {
    return this.#ends?.find((end) => end >= position) ?? position;
  }
}

function deckOf({ records, groups }: Population, rng: Rng): Deck {
  if (groups === null) return new Deck(rng.permutation(records), null);
  const bundles = new Map<number, number[]>();
  groups.forEach((group, record) => {
    const bundle = bundles.get(group);
    if (bundle) bundle.push(record);
    else bundles.set(group, [record]);
  });
  const all = [...bundles.values()].map((bundle) => Uint32Array.from(bundle));
  return stack(Array.from(rng.permutation(all.length), (at) => all[at] as Uint32Array));
}

function stack(bundles: readonly Uint32Array[]): Deck {
  const order = new Uint32Array(bundles.reduce((sum, { length }) => sum + length, 0));
  const ends = new Uint32Array(bundles.length);
  let end = 0;
  bundles.forEach((bundle, at) => {
    order.set(bundle, end);
    end += bundle.length;
    ends[at] = end;
  });
  return new Deck(order, ends);
}
