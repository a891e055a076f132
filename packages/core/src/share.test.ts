import { describe, expect, test } from "vitest";
import { createRng } from "./rng.ts";
import { type Allotment, allot, BELOW_SHARE, type Standing, sharesOf } from "./share.ts";

function aStanding(changes: Partial<Standing> = {}): Standing {
  const defaults = { experiment: "a", owner: "ann", priority: 0, weight: 1, ownerWeight: 1, pass: 0, ownerPass: 0 };
  return { ...defaults, inFlight: 0, concurrency: null, backlog: 1_000, waiting: false, cost: 1, ...changes };
}

const never = () => 1;

function counts({ wanted }: Allotment): Record<string, number> {
  return Object.fromEntries(wanted);
}

/** Divides `room` jobs one call at a time, each with the passes that the last one left, as the scheduler does. */
function inTurns(standings: Standing[], room: number, random: () => number = never): Record<string, number> {
  const handed: Record<string, number> = {};
  for (let turn = 0; turn < room; turn++) {
    const { wanted, passes, ownerPasses } = allot(standings, 1, random);
    for (const one of standings) {
      const n = wanted.get(one.experiment) ?? 0;
      handed[one.experiment] = (handed[one.experiment] ?? 0) + n;
      one.backlog -= n;
      one.pass = passes.get(one.experiment) ?? null;
      if (one.pass !== null) one.pass += (n * one.cost) / one.weight;
    }
    const usedBy = (owner: string) =>
      standings.reduce(
        (sum, { experiment, owner: other, cost }) => sum + (other === owner ? cost * (wanted.get(experiment) ?? 0) : 0),
        0,
      );
    for (const one of standings) {
      const before = ownerPasses.get(one.owner) ?? null;
      one.ownerPass = before === null ? null : before + usedBy(one.owner) / one.ownerWeight;
    }
  }
  return handed;
}

describe("jobs are divided", () => {
  test("equally between owners, however many experiments one has", () => {
    const standings = [
      aStanding({ experiment: "a" }),
      aStanding({ experiment: "b" }),
      aStanding({ experiment: "c", owner: "bob" }),
    ];
    expect(counts(allot(standings, 40, never))).toEqual({ a: 10, b: 10, c: 20 });
    expect(inTurns(standings, 40)).toEqual({ a: 10, b: 10, c: 20 });
  });

  test("by weight between an owner's experiments, and between owners", () => {
    const own = [aStanding({ experiment: "a", weight: 3 }), aStanding({ experiment: "b" })];
    expect(counts(allot(own, 40, never))).toEqual({ a: 30, b: 10 });
    const others = [
      aStanding({ experiment: "a", ownerWeight: 3 }),
      aStanding({ experiment: "b", owner: "bob", weight: 100 }),
    ];
    expect(inTurns(others, 40)).toEqual({ a: 30, b: 10 });
  });

  test("by seconds, not by number: short jobs are many", () => {
    const standings = [aStanding({ experiment: "long", cost: 9 }), aStanding({ experiment: "short", owner: "bob" })];
    expect(inTurns(standings, 100)).toEqual({ long: 10, short: 90 });
  });

  test("without debt or credit for a newcomer", () => {
    const standings = [
      aStanding({ experiment: "old", pass: 5_000, ownerPass: 5_000 }),
      aStanding({ experiment: "new", owner: "bob", pass: null, ownerPass: null }),
    ];
    expect(inTurns(standings, 100)).toEqual({ old: 50, new: 50 });
  });

  test("without credit for who could not take any, also when only its running jobs kept it among the others", () => {
    const standings = [
      aStanding({ experiment: "busy" }),
      aStanding({ experiment: "idle", owner: "bob", backlog: 0, inFlight: 1 }),
    ];
    inTurns(standings, 100);
    (standings[1] as Standing).backlog = 1_000;
    expect(inTurns(standings, 100)).toEqual({ busy: 50, idle: 50 });
  });

  test("level for the newcomer beside one that has jobs in flight alone", () => {
    const standings = [
      aStanding({ experiment: "waiting", pass: 5_000, ownerPass: 5_000, backlog: 0, inFlight: 1 }),
      aStanding({ experiment: "new", pass: null, ownerPass: 5_000 }),
    ];
    inTurns(standings, 10);
    (standings[0] as Standing).backlog = 1_000;
    const { waiting } = inTurns(standings, 30);
    expect(waiting).toBeGreaterThanOrEqual(15);
  });

  test("to the highest priority, but for a tenth that the others share", () => {
    const standings = [
      aStanding({ experiment: "urgent", owner: "bob", priority: 5 }),
      aStanding({ experiment: "a" }),
      aStanding({ experiment: "b", priority: -1 }),
    ];
    const rng = createRng("share");
    const handed = inTurns(standings, 1_000, () => rng.uniform());
    expect(handed.urgent).toBeGreaterThan(850);
    expect(handed.urgent).toBeLessThan(950);
    expect(Math.abs((handed.a as number) - (handed.b as number))).toBeLessThanOrEqual(1);
  });

  test("never above an experiment's concurrency, and never more than there are", () => {
    const standings = [
      aStanding({ experiment: "limited", concurrency: 5, inFlight: 3 }),
      aStanding({ experiment: "full", owner: "cem", concurrency: 2, inFlight: 4 }),
      aStanding({ experiment: "short", owner: "bob", backlog: 4 }),
    ];
    expect(counts(allot(standings, 40, never))).toEqual({ limited: 2, short: 4 });
  });

  test("leaving those without work out of the reckoning", () => {
    const standings = [aStanding(), aStanding({ experiment: "b", owner: "bob", backlog: 0, pass: 7, ownerPass: 7 })];
    const { passes, ownerPasses } = allot(standings, 1, never);
    expect(passes.get("b")).toBeNull();
    expect(ownerPasses.get("bob")).toBeNull();
  });
});

describe("the shares", () => {
  test("are those of owners, divided by weight", () => {
    const shares = sharesOf([
      aStanding({ experiment: "a", weight: 3 }),
      aStanding({ experiment: "b" }),
      aStanding({ experiment: "c", owner: "bob" }),
      aStanding({ experiment: "over", owner: "cem", backlog: 0 }),
    ]);
    expect(Object.fromEntries(shares)).toEqual({ a: 0.375, b: 0.125, c: 0.5 });
  });

  test("leave those below the highest priority a tenth", () => {
    const shares = sharesOf([aStanding({ priority: 1 }), aStanding({ experiment: "b", owner: "bob" })]);
    expect(Object.fromEntries(shares)).toEqual({ a: 1 - BELOW_SHARE, b: BELOW_SHARE });
    expect(sharesOf([])).toEqual(new Map());
  });
});
