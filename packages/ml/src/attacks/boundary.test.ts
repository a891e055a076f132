import { expect, test } from "vitest";
import { distanceNorms, distancesAt } from "../probes/hop-skip-jump.ts";
import type { Probed } from "../unit.ts";
import { answersOf, attacked, knownAnswersOf, needsOf } from "./answers.fixture.ts";
import { boundary } from "./boundary.ts";

/** Distances of records, in every norm the norm's place times as large, and a tenth of it after 250 queries. */
function found(...distances: number[]): Probed {
  const arrays = distanceNorms.flatMap((norm, place) =>
    [250, 500, 1000].map((queries) => [
      distancesAt(norm, queries),
      Float32Array.from(distances, (distance) => (place + 1) * distance * (queries === 250 ? 0.1 : 1)),
    ]),
  );
  return { arrays: Object.fromEntries(arrays), queries: new Uint32Array(distances.length).fill(1000) };
}

const answers = answersOf([
  [1, 0],
  [1, 0],
  [0, 1],
]);
const target = { ...answers, probed: found(4, 2, 0) };
const settings = { queries: 1000, threshold: "oracle" };

test("the score is the distance in the norm that is asked for, after all queries", async () => {
  const { scores } = await attacked(boundary, settings, { target });
  expect([...scores]).toEqual([12, 6, 0]);
  expect([...(await attacked(boundary, { ...settings, norm: "linf" }, { target })).scores]).toEqual([16, 8, 0]);
});

test("what fewer queries found comes from the same search", async () => {
  const { atQueries } = await attacked(boundary, settings, { target });
  expect(atQueries?.map(({ queries }) => queries)).toEqual([250, 500, 1000]);
  expect(atQueries?.map(({ scores }) => scores[1])).toEqual([expect.closeTo(0.6, 6), 6, 6]);
});

test("its threshold is a percentile of random points' distances, or the best on a shadow", async () => {
  const probedRandomPoints = found(1, 2, 3, 4);
  const random = { queries: 1000, threshold: "random-points" };
  const ofRandom = async (percentile: number) =>
    (await attacked(boundary, { ...random, percentile }, { target, probedRandomPoints })).threshold;
  expect(await ofRandom(50)).toEqual({ by: "random points", value: 9 });
  expect(await ofRandom(25)).toEqual({ by: "random points", value: 12 });
  const shadow = {
    ...knownAnswersOf(
      [
        [1, 0],
        [1, 0],
        [1, 0],
        [0, 1],
      ],
      [1, 1, 0, 0],
    ),
    probed: found(5, 3, 2, 0),
  };
  const { threshold } = await attacked(boundary, { ...settings, threshold: "shadow" }, { target, shadows: [shadow] });
  expect(threshold).toEqual({ by: "shadow", value: 9 });
});

test("it asks for labels, one search, and what its threshold needs", () => {
  const common = { access: "labels", probe: { name: "hop-skip-jump", checkpoints: [250, 500, 1000, 2500] } };
  expect(needsOf(boundary, {})).toMatchObject({ ...common, randomPoints: 100 });
  expect(needsOf(boundary, { threshold: "shadow" })).toMatchObject({ ...common, shadows: [{ count: 1 }] });
  expect(needsOf(boundary, { queries: 300, threshold: "oracle" })).toEqual({
    access: "labels",
    probe: {
      ...{ name: "hop-skip-jump", version: 5, checkpoints: [250, 300] },
      params: { geometry: "l2", subspace: "full", translation: 0 },
    },
  });
  expect(needsOf(boundary, { search: "qeba" }, { dataset: "mnist" })).toMatchObject({
    probe: { params: { subspace: "half" } },
  });
});

test("tables, texts, and qeba on bits are refused, and budgets that only find another label", () => {
  expect(() => needsOf(boundary, {}, { dataset: "adult" })).toThrow(
    "it asks about image or binary records, but adult has tabular ones; use another dataset or attack",
  );
  expect(() => needsOf(boundary, {}, { dataset: "news" })).toThrow("but news has text ones");
  expect(() => needsOf(boundary, { search: "qeba" })).toThrow(
    "search is qeba, but location has binary records; use hop-skip-jump",
  );
  expect(() => boundary.params.parse({ queries: 100 })).toThrow();
});
