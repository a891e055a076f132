import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInput } from "./errors.ts";
import { evaluationOf, largestQuarter, type Owner, type Split, sidesOf } from "./split.ts";

/** Any split with the number of records it deals from. */
const deals = fc
  .record({ seed: fc.string({ maxLength: 10 }), quarter: fc.integer({ min: 1, max: 40 }), left: fc.nat(30) })
  .map(({ seed, quarter, left }) => ({ split: { seed, quarter } satisfies Split, records: 4 * quarter + left }));
const owners = fc.oneof(fc.constant<Owner>("target"), fc.nat(30));

function both(owner: Owner, records: number, split: Split): number[] {
  const { members, nonMembers } = sidesOf(owner, records, split);
  return [...members, ...nonMembers];
}

describe("sidesOf", () => {
  test("deals a quarter to each side, no record twice, all of them records", () => {
    fc.assert(
      fc.property(deals, owners, ({ split, records }, owner) => {
        const { members, nonMembers } = sidesOf(owner, records, split);
        expect(members).toHaveLength(split.quarter);
        expect(nonMembers).toHaveLength(split.quarter);
        const dealt = new Set([...members, ...nonMembers]);
        expect(dealt.size).toBe(2 * split.quarter);
        for (const record of dealt) expect(record < records).toBe(true);
      }),
    );
  });

  test("no shadow ever touches a target's record", () => {
    fc.assert(
      fc.property(deals, fc.nat(30), ({ split, records }, shadow) => {
        const target = new Set(both("target", records, split));
        expect(both(shadow, records, split).filter((record) => target.has(record))).toEqual([]);
      }),
    );
  });

  test("all shadows draw from one pool of two quarters", () => {
    fc.assert(
      fc.property(deals, fc.nat(30), fc.nat(30), ({ split, records }, a, b) => {
        expect(new Set(both(a, records, split))).toEqual(new Set(both(b, records, split)));
      }),
    );
  });

  test("is determined by its arguments", () => {
    fc.assert(
      fc.property(deals, owners, ({ split, records }, owner) => {
        expect(sidesOf(owner, records, split)).toEqual(sidesOf(owner, records, { ...split }));
      }),
    );
  });

  test("differs between shadows and between seeds", () => {
    const split = { seed: "1/repeat/0", quarter: 100 };
    const sides = [0, 1, 2, 3].map((shadow) => both(shadow, 400, split).join());
    const seeds = [0, 1, 2, 3].map((repeat) => both("target", 400, { ...split, seed: `1/repeat/${repeat}` }).join());
    expect(new Set([...sides, ...seeds]).size).toBe(8);
  });

  test("makes every record of the pool a shadow's member about half the time", () => {
    const split = { seed: "even", quarter: 20 };
    const times = new Map<number, number>();
    for (let shadow = 0; shadow < 400; shadow++) {
      for (const record of sidesOf(shadow, 80, split).members) times.set(record, (times.get(record) ?? 0) + 1);
    }
    expect(times.size).toBe(40);
    // 200 expected, standard deviation 10.
    for (const count of times.values()) expect(Math.abs(count - 200)).toBeLessThan(45);
  });

  test("refuses quarters that do not fit, naming the largest that does", () => {
    expect(() => sidesOf("target", 99, { seed: "1", quarter: 25 })).toThrow(/25 records per quarter.*99.*24 or less/);
    expect(() => sidesOf("target", 100, { seed: "1", quarter: 25 })).not.toThrow();
    expect(largestQuarter(99)).toBe(24);
  });

  test.each([0, -1, 2.5, Number.NaN])("refuses a quarter of %s", (quarter) => {
    expect(() => sidesOf(0, 100, { seed: "1", quarter })).toThrow(InvalidInput);
  });
});

describe("evaluationOf", () => {
  test("holds exactly the model's two sides, balanced, each with the truth about it", () => {
    fc.assert(
      fc.property(deals, owners, ({ split, records }, owner) => {
        const { members, nonMembers } = sidesOf(owner, records, split);
        const { indices, isMember } = evaluationOf(owner, records, split);
        const of = (side: number) => [...indices].filter((_, at) => isMember[at] === side).sort((a, b) => a - b);
        expect(of(1)).toEqual([...members].sort((a, b) => a - b));
        expect(of(0)).toEqual([...nonMembers].sort((a, b) => a - b));
        expect(evaluationOf(owner, records, split)).toEqual({ indices, isMember });
      }),
    );
  });

  test.each<Owner>(["target", 0, 7])("mixes the sides of %s: the position tells nothing", (owner) => {
    const { isMember } = evaluationOf(owner, 4000, { seed: "mixed", quarter: 1000 });
    const count = (part: Uint8Array) => part.reduce((sum, flag) => sum + flag, 0);
    // 500 expected in a half, standard deviation 11; 1,000 changes of side, standard deviation 22.
    expect(Math.abs(count(isMember.subarray(0, 1000)) - 500)).toBeLessThan(60);
    const changes = isMember.reduce((sum, flag, at) => sum + (at > 0 && flag !== isMember[at - 1] ? 1 : 0), 0);
    expect(Math.abs(changes - 1000)).toBeLessThan(110);
  });
});
