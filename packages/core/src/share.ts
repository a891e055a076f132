/** A running experiment as the scheduler weighs it against the others. */
export interface Standing {
  experiment: string;
  owner: string;
  /** Higher ones go first. */
  priority: number;
  /** Its part of its owner's share, beside the owner's other experiments. */
  weight: number;
  /** The owner's part of the farm. */
  ownerWeight: number;
  /** Seconds handed out so far by weight: who has the least is next. Null for one that had nothing to do. */
  pass: number | null;
  ownerPass: number | null;
  /** Jobs in the queue or running. */
  inFlight: number;
  /** How many there may be at a time; null: any number. */
  concurrency: number | null;
  /** Jobs that could be handed out now, to these workers; may be cut at the number that is asked for. */
  backlog: number;
  /** Whether jobs of it wait, be it for other workers. */
  waiting: boolean;
  /** Expected seconds of its next job. */
  cost: number;
}

/** Who is handed how much, and where everyone stands before that is charged; null: has nothing to do. */
export interface Allotment {
  wanted: Map<string, number>;
  passes: Map<string, number | null>;
  ownerPasses: Map<string, number | null>;
}

/** Of the jobs handed out while experiments of different priorities wait, the part that goes to those below the highest. */
export const BELOW_SHARE = 0.1;

/**
 * Divides the next `room` jobs. Stride scheduling (Waldspurger and Weihl 1995) in two levels, first between owners and then
 * between an owner's experiments: each job goes to whoever was handed the fewest seconds of work by weight. Only those of
 * the highest priority take part, but for one job in ten, which the others share, so that none waits for ever.
 *
 * Nobody saves up: who has nothing to do, or may not have more, comes back level with whoever is next.
 *
 * @param random of 0 … 1, decides who is meant by one job in ten
 */
export function allot(standings: readonly Standing[], room: number, random: () => number): Allotment {
  const wanted = new Map<string, number>();
  const ownerPasses = new Passes();
  const passesOf = new Map(standings.map((one) => [one.owner, new Passes()]));
  for (const one of standings.filter(hasWork)) {
    ownerPasses.join(one.owner, one.ownerPass);
    passesOf.get(one.owner)?.join(one.experiment, one.pass);
  }
  const left = new Map(standings.map((one) => [one.experiment, roomOf(one)]));
  for (let handed = 0; handed < room; handed++) {
    const open = standings.filter(({ experiment }) => (left.get(experiment) ?? 0) > 0);
    if (open.length === 0) break;
    const { first, below } = byPriority(open);
    const takesTurn = below.length > 0 && random() < BELOW_SHARE ? below : first;
    const owner = ownerPasses.next(takesTurn.map((one) => one.owner));
    const passes = passesOf.get(owner) as Passes;
    const own = takesTurn.filter((one) => one.owner === owner);
    const experiment = passes.next(own.map((one) => one.experiment));
    const chosen = own.find((one) => one.experiment === experiment) as Standing;
    if (takesTurn === first) {
      ownerPasses.catchUp(owner);
      passes.catchUp(experiment);
    }
    ownerPasses.charge(owner, chosen.cost / chosen.ownerWeight);
    passes.charge(experiment, chosen.cost / chosen.weight);
    left.set(experiment, (left.get(experiment) ?? 0) - 1);
    wanted.set(experiment, (wanted.get(experiment) ?? 0) + 1);
  }
  return {
    wanted,
    passes: new Map(standings.map((one) => [one.experiment, passesOf.get(one.owner)?.before(one.experiment) ?? null])),
    ownerPasses: new Map(standings.map(({ owner }) => [owner, ownerPasses.before(owner)])),
  };
}

/** The part of the farm that each experiment with something to do can expect, by experiment. */
export function sharesOf(standings: readonly Standing[]): Map<string, number> {
  const active = standings.filter(hasWork);
  if (active.length === 0) return new Map();
  const { first, below } = byPriority(active);
  const belowShare = below.length > 0 ? BELOW_SHARE : 0;
  return new Map([...divide(first, 1 - belowShare), ...divide(below, belowShare)]);
}

function hasWork({ backlog, inFlight, waiting }: Standing): boolean {
  return backlog > 0 || inFlight > 0 || waiting;
}

function divide(standings: readonly Standing[], whole: number): [string, number][] {
  const owners = new Map(standings.map((one) => [one.owner, one.ownerWeight]));
  const ofAll = sum([...owners.values()]);
  return standings.map(({ experiment, owner, ownerWeight, weight }) => {
    const ofOwner = sum(standings.filter((one) => one.owner === owner).map((one) => one.weight));
    return [experiment, whole * (ownerWeight / ofAll) * (weight / ofOwner)];
  });
}

function byPriority(standings: readonly Standing[]): { first: Standing[]; below: Standing[] } {
  const highest = Math.max(...standings.map(({ priority }) => priority));
  return {
    first: standings.filter(({ priority }) => priority === highest),
    below: standings.filter(({ priority }) => priority !== highest),
  };
}

function roomOf({ backlog, inFlight, concurrency }: Standing): number {
  return Math.min(backlog, (concurrency ?? Number.POSITIVE_INFINITY) - inFlight);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The virtual time of those that share something, and what they are charged in this division. */
class Passes {
  readonly #passes = new Map<string, number | null>();
  readonly #charged = new Map<string, number>();

  join(name: string, pass: number | null): void {
    this.#passes.set(name, pass);
  }

  /** Who of these is next; a newcomer is level with the first of them, or else with the first of all. */
  next(names: readonly string[]): string {
    const floor = this.#least(names) ?? this.#least([...this.#passes.keys()]) ?? 0;
    for (const name of names) if ((this.#passes.get(name) ?? null) === null) this.#passes.set(name, floor);
    return names.reduce((least, name) => (this.#now(name) < this.#now(least) ? name : least));
  }

  /** Brings those that have fallen behind whoever is next up to it. */
  catchUp(next: string): void {
    const floor = this.#now(next);
    for (const [name, pass] of this.#passes) {
      if (pass === null) this.#passes.set(name, floor);
      else if (this.#now(name) < floor) this.#passes.set(name, floor - (this.#charged.get(name) ?? 0));
    }
  }

  charge(name: string, cost: number): void {
    this.#charged.set(name, (this.#charged.get(name) ?? 0) + cost);
  }

  /** Without the charges of this division. */
  before(name: string): number | null {
    return this.#passes.get(name) ?? null;
  }

  #now(name: string): number {
    return (this.#passes.get(name) ?? 0) + (this.#charged.get(name) ?? 0);
  }

  #least(names: readonly string[]): number | null {
    const known = names.filter((name) => (this.#passes.get(name) ?? null) !== null);
    return known.length === 0 ? null : Math.min(...known.map((name) => this.#now(name)));
  }
}
