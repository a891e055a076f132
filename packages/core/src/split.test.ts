import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInput } from "./errors.ts";
import {
  evaluationOf,
  largestReference,
  largestSide,
  type Owner,
  type Population,
  partsOf,
  referenceOf,
  type Split,
  type SplitScheme,
  sidesOf,
  splitSchemes,
} from "./split.ts";

interface Deal {
  population: Population;
  split: Split;
}

const schemes = fc.constantFrom(...splitSchemes);
const owners = fc.oneof(fc.constant<Owner>("target"), fc.nat(30));
const independent = (records: number): Population => ({ records, groups: null });

/** Any split of independent records, of just enough of them or more. */
const deals: fc.Arbitrary<Deal> = fc
  .record({
    scheme: schemes,
    seed: fc.string({ maxLength: 10 }),
    side: fc.integer({ min: 1, max: 40 }),
    more: fc.nat(30),
  })
  .map(({ scheme, seed, side, more }) => ({
    split: { scheme, seed, side },
    population: independent((scheme === "halves" ? 2 : 4) * side + more),
  }));

/** Any split of groups of 1 to 6 records, in any order, whose side is the largest that is promised to fit, or smaller. */
const groupedDeals: fc.Arbitrary<Deal> = fc
  .record({
    scheme: schemes,
    seed: fc.string({ maxLength: 10 }),
    groups: fc.array(fc.nat(40), { minLength: 60, maxLength: 200 }),
    fraction: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ scheme, seed, groups, fraction }) => {
    const population = { records: groups.length, groups: Int32Array.from(groups) };
    const most = largestSide(scheme, groups.length, largestOf(groups));
    return { split: { scheme, seed, side: Math.max(1, Math.ceil(most * fraction)) }, population, most };
  })
  .filter(({ most }) => most >= 1);

function largestOf(groups: readonly number[]): number {
  return Math.max(...groups.map((group) => groups.filter((other) => other === group).length));
}

function both(owner: Owner, { population, split }: Deal): number[] {
  const { members, nonMembers } = sidesOf(owner, population, split);
  return [...members, ...nonMembers];
}

describe("sidesOf", () => {
  test.each([
    ["independent records", deals],
    ["groups", groupedDeals],
  ])("deals equally many to each side, no record twice, all of them records: %s", (_, any) => {
    fc.assert(
      fc.property(any, owners, ({ split, population }, owner) => {
        const { members, nonMembers } = sidesOf(owner, population, split);
        expect([members.length, nonMembers.length]).toEqual([split.side, split.side]);
        const dealt = new Set([...members, ...nonMembers]);
        expect(dealt.size).toBe(2 * split.side);
        for (const record of dealt) expect(record < population.records).toBe(true);
      }),
    );
  });

  test("no group is on two sides of a model, nor known to both the target and a shadow", () => {
    fc.assert(
      fc.property(groupedDeals, fc.nat(30), ({ split, population }, shadow) => {
        const groupsOf = (records: Iterable<number>) =>
          new Set([...records].map((record) => population.groups?.[record]));
        for (const owner of ["target", shadow] as const) {
          const { members, nonMembers } = sidesOf(owner, population, split);
          expect([...groupsOf(members)].filter((group) => groupsOf(nonMembers).has(group))).toEqual([]);
        }
        if (split.scheme === "halves") return;
        const target = groupsOf(both("target", { split, population }));
        expect([...groupsOf(both(shadow, { split, population }))].filter((group) => target.has(group))).toEqual([]);
      }),
    );
  });

  test("no shadow ever touches a target's record, but in halves", () => {
    fc.assert(
      fc.property(deals, fc.nat(30), (deal, shadow) => {
        const target = new Set(both("target", deal));
        const shared = both(shadow, deal).filter((record) => target.has(record));
        expect(shared).toHaveLength(deal.split.scheme === "halves" ? 2 * deal.split.side : 0);
      }),
    );
  });

  test("in quarters, all shadows draw from one pool of two quarters; in pools, from all that is left", () => {
    const seen = (scheme: SplitScheme) => {
      const deal = { split: { scheme, seed: "1", side: 10 }, population: independent(100) };
      return new Set(Array.from({ length: 60 }, (_, shadow) => both(shadow, deal)).flat()).size;
    };
    expect([seen("quarters"), seen("pools"), seen("halves")]).toEqual([20, 80, 20]);
  });

  test("in halves, all models share one set of records, and shadows 2i and 2i + 1 are complements", () => {
    fc.assert(
      fc.property(deals, fc.nat(15), ({ split: { seed, side }, population }, pair) => {
        const split: Split = { scheme: "halves", seed, side };
        const [one, two, target] = [2 * pair, 2 * pair + 1, "target" as const].map((owner) =>
          sidesOf(owner, population, split),
        );
        expect(two).toEqual({ members: one?.nonMembers, nonMembers: one?.members });
        expect(new Set([...(one?.members ?? []), ...(one?.nonMembers ?? [])])).toEqual(
          new Set([...(target?.members ?? []), ...(target?.nonMembers ?? [])]),
        );
      }),
    );
  });

  test("is determined by its arguments", () => {
    fc.assert(
      fc.property(fc.oneof(deals, groupedDeals), owners, ({ split, population }, owner) => {
        expect(sidesOf(owner, population, split)).toEqual(sidesOf(owner, { ...population }, { ...split }));
      }),
    );
  });

  test.each(splitSchemes)("differs between models and between seeds: %s", (scheme) => {
    const population = independent(400);
    const sides = ["target" as const, 0, 2, 4].map((owner) =>
      sidesOf(owner, population, { scheme, seed: "1/repeat/0", side: 100 }).members.join(),
    );
    const seeds = [1, 2, 3].map((repeat) =>
      sidesOf("target", population, { scheme, seed: `1/repeat/${repeat}`, side: 100 }).members.join(),
    );
    expect(new Set([...sides, ...seeds]).size).toBe(7);
  });

  test.each(splitSchemes)("makes every record that shadows draw a member equally often: %s", (scheme) => {
    const population = independent(80);
    const times = new Map<number, number>();
    for (let shadow = 0; shadow < 400; shadow++) {
      for (const record of sidesOf(shadow, population, { scheme, seed: "even", side: 20 }).members) {
        times.set(record, (times.get(record) ?? 0) + 1);
      }
    }
    // All 400 × 20 memberships over 40 records; 200 expected, standard deviation 10.
    expect(times.size).toBe(40);
    for (const count of times.values()) expect(Math.abs(count - 200)).toBeLessThan(45);
  });

  test("refuses sides that do not fit, and the largest that is promised fits", () => {
    for (const scheme of splitSchemes) {
      const most = largestSide(scheme, 99, 1);
      expect(() => sidesOf(0, independent(99), { scheme, seed: "1", side: most })).not.toThrow();
      expect(() => sidesOf(0, independent(99), { scheme, seed: "1", side: most + 1 })).toThrow(InvalidInput);
    }
    expect([largestSide("quarters", 99, 1), largestSide("pools", 99, 1), largestSide("halves", 99, 1)]).toEqual([
      24, 24, 49,
    ]);
    expect([largestSide("quarters", 3921, 3), largestSide("quarters", 5, 30)]).toEqual([978, 0]);
  });

  test.each([0, -1, 2.5, Number.NaN])("refuses a side of %s", (side) => {
    expect(() => sidesOf(0, independent(100), { scheme: "quarters", seed: "1", side })).toThrow(InvalidInput);
  });
});

describe("evaluationOf", () => {
  test("of some of each side, the ones that were dealt first", () => {
    const split = { scheme: "quarters", seed: "some", side: 100 } as const;
    const all = sidesOf("target", independent(400), split);
    const { indices, isMember } = evaluationOf("target", independent(400), split, 10);
    const members = [...indices].filter((_, at) => isMember[at] === 1);
    expect(indices).toHaveLength(20);
    expect(new Set(members)).toEqual(new Set(all.members.subarray(0, 10)));
    expect(evaluationOf("target", independent(400), split, 1000)).toEqual(
      evaluationOf("target", independent(400), split),
    );
  });

  test("holds exactly the model's two sides, balanced, each with the truth about it", () => {
    fc.assert(
      fc.property(fc.oneof(deals, groupedDeals), owners, ({ split, population }, owner) => {
        const { members, nonMembers } = sidesOf(owner, population, split);
        const { indices, isMember } = evaluationOf(owner, population, split);
        const of = (side: number) => [...indices].filter((_, at) => isMember[at] === side).sort((a, b) => a - b);
        expect(of(1)).toEqual([...members].sort((a, b) => a - b));
        expect(of(0)).toEqual([...nonMembers].sort((a, b) => a - b));
        expect(evaluationOf(owner, population, split)).toEqual({ indices, isMember });
      }),
    );
  });

  test.each<Owner>(["target", 0, 7])("mixes the sides of %s: the position tells nothing", (owner) => {
    const { isMember } = evaluationOf(owner, independent(4000), { scheme: "quarters", seed: "mixed", side: 1000 });
    const count = (part: Uint8Array) => part.reduce((sum, flag) => sum + flag, 0);
    // 500 expected in a half, standard deviation 11; 1,000 changes of side, standard deviation 22.
    expect(Math.abs(count(isMember.subarray(0, 1000)) - 500)).toBeLessThan(60);
    const changes = isMember.reduce((sum, flag, at) => sum + (at > 0 && flag !== isMember[at - 1] ? 1 : 0), 0);
    expect(Math.abs(changes - 1000)).toBeLessThan(110);
  });
});

describe("referenceOf", () => {
  test.each(splitSchemes)(
    "%s: is judged for nobody, no member of its owner, and of no shadow but under pools",
    (scheme) => {
      const population = independent(200);
      const split: Split = { scheme, seed: "reference", side: 40 };
      const most = largestReference(split, 200, 1);
      for (const owner of ["target", 0, 1] as const) {
        const own = new Set(referenceOf(owner, population, split, most));
        expect(own.size).toBe(most);
        const others = scheme === "pools" ? [owner, "target" as const] : [owner, "target" as const, 0, 1, 2];
        for (const other of others) {
          const { members, nonMembers } = sidesOf(other, population, split);
          expect([...members, ...nonMembers].filter((record) => own.has(record))).toEqual([]);
        }
      }
    },
  );

  test("is each owner's own draw", () => {
    const split: Split = { scheme: "quarters", seed: "reference", side: 20 };
    const [one, other] = ["target" as const, 0].map((owner) => referenceOf(owner, independent(200), split, 60));
    expect(one).not.toEqual(other);
  });

  test("refuses more than there are", () => {
    const split: Split = { scheme: "quarters", seed: "reference", side: 40 };
    expect(() => referenceOf("target", independent(200), split, 41)).toThrow("are more than 40");
  });
});

describe("partsOf", () => {
  test("gives disjoint sets that are the side together, equally large but for one record", () => {
    fc.assert(
      fc.property(fc.uint32Array({ minLength: 12, maxLength: 100 }), fc.integer({ min: 1, max: 12 }), (side, parts) => {
        const sets = partsOf(side, parts);
        expect(sets).toHaveLength(parts);
        expect(sets.flatMap((set) => [...set])).toEqual([...side]);
        const sizes = sets.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("target and shadow give the twelve disjoint sets of model stacking", () => {
    const population = independent(400);
    const split: Split = { scheme: "quarters", seed: "stacking", side: 100 };
    const sets = (["target", 0] as const).flatMap((owner) => {
      const { members, nonMembers } = sidesOf(owner, population, split);
      return [...partsOf(members, 3), ...partsOf(nonMembers, 3)];
    });
    expect(sets).toHaveLength(12);
    expect(new Set(sets.flatMap((set) => [...set])).size).toBe(400);
  });

  test("refuses more parts than records", () => {
    expect(() => partsOf(Uint32Array.of(1, 2), 3)).toThrow(/2 records cannot be divided into 3 sets/);
  });
});
