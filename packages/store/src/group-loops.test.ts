import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { GroupLoops, NO_GROUP, NONE } from "./group-loops.ts";

const rng = createRng(3);
const integers = (length: number, bound: number) => Int32Array.from({ length }, () => rng.int(bound));

/** Results in combinations, some marked. */
function fill(loops: GroupLoops, from: number, to: number, combinations: number): void {
  for (let result = from; result < to; result++) {
    loops.combinationOf[result] = rng.int(combinations);
    loops.synthetic[result] = rng.int(2);
    loops.noSignal[result] = rng.int(10) === 0 ? 1 : 0;
  }
}

function check(loops: GroupLoops, candidates: Int32Array, combinations: number, count: number): void {
  const ofCombination = integers(combinations, count + 1).map((group) => (group === count ? NO_GROUP : group));
  loops.begin(candidates, combinations).ofCombination.set(ofCombination);
  loops.takeGroups();
  const groupOf = [...candidates].map((result) => ofCombination[loops.combinationOf[result] as number] as number);
  const { starts, results, firsts } = loops.members(count);
  expect([firsts.length, starts.length, starts[0]]).toEqual([count, count + 1, 0]);
  for (let group = 0; group < count; group++) {
    const own = [...candidates.keys()].filter((at) => groupOf[at] === group);
    const members = results.subarray(starts[group], starts[group + 1]);
    expect([...members]).toEqual(own.map((at) => candidates[at]));
    expect(firsts[group]).toBe(own[0] ?? NONE);
    for (const marks of [loops.synthetic, loops.noSignal]) {
      expect(loops.countMarked(members, marks)).toBe(members.filter((result) => marks[result]).length);
    }
  }
}

test("results are put into the groups of their combinations, in their order, however many there are", () => {
  const loops = new GroupLoops(300);
  fill(loops, 0, 300, 40);
  for (const candidates of [0, 1, 7, 300, 20_000, 5, 40_000]) check(loops, integers(candidates, 300), 40, 6);
});

test("a memory that is enlarged, for results or for a question, keeps its columns", () => {
  const loops = new GroupLoops(10);
  fill(loops, 0, 10, 5);
  const columns = () =>
    [loops.combinationOf, loops.synthetic, loops.noSignal].map((column) => [...column.slice(0, 10)]);
  const before = columns();
  loops.enlarge(100_000);
  expect(columns()).toEqual(before);
  fill(loops, 10, 100_000, 5);
  loops.begin(integers(50_000, 100_000), 300_000);
  expect(columns()).toEqual(before);
  check(loops, integers(2_000, 100_000), 5, 3);
});

test("more groups than candidates, as with each combination by itself, find room", () => {
  const loops = new GroupLoops(20);
  fill(loops, 0, 20, 30_000);
  check(loops, integers(20, 20), 30_000, 2);
  const candidates = integers(3, 20);
  const { ofCombination } = loops.begin(candidates, 30_000);
  ofCombination.set(ofCombination.map((_, at) => at));
  loops.takeGroups();
  const { firsts } = loops.members(30_000);
  const combinations = new Set([...candidates].map((result) => loops.combinationOf[result] as number));
  expect(firsts.filter((first) => first !== NONE).length).toBe(combinations.size);
});
