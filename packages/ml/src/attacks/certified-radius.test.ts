import { expect, test } from "vitest";
import type { Probed } from "../unit.ts";
import { answersOf, attacked, knownAnswersOf, needsOf } from "./answers.fixture.ts";
import { certifiedRadius } from "./certified-radius.ts";

const found = (...radii: number[]): Probed => ({
  arrays: { radius: Float32Array.from(radii) },
  queries: new Uint32Array(radii.length).fill(1100),
});

test("the score is the radius, the threshold the best on a shadow, and who has a radius is right", async () => {
  const target = {
    ...answersOf([
      [1, 0],
      [1, 0],
      [1, 0],
    ]),
    probed: found(0.5, 0.25, 0),
  };
  const shadow = {
    ...knownAnswersOf(
      [
        [1, 0],
        [1, 0],
        [1, 0],
        [1, 0],
      ],
      [1, 1, 0, 0],
    ),
    probed: found(0.5, 0.375, 0.25, 0),
  };
  const output = await attacked(certifiedRadius, {}, { target, shadows: [shadow] });
  expect([...output.scores]).toEqual([0.5, 0.25, 0]);
  expect(output.threshold).toEqual({ by: "shadow", value: 0.375 });
  expect(output.rightUnder).toEqual({ smoothing: Uint8Array.of(1, 1, 0) });
});

test("it asks for labels of noisy copies, of images alone", () => {
  expect(needsOf(certifiedRadius, { samples: 5000, threshold: "oracle" }, { dataset: "mnist" })).toEqual({
    access: "labels",
    probe: {
      ...{ name: "smoothing", version: 1 },
      params: { sigma: 0.25, selection: 100, samples: 5000, alpha: 0.001 },
    },
  });
  expect(needsOf(certifiedRadius, {}, { dataset: "mnist" })).toMatchObject({ shadows: [{ count: 1 }] });
  expect(() => needsOf(certifiedRadius, { samples: 16, alpha: 1e-5 }, { dataset: "mnist" })).toThrow(
    "samples is 16, too few to certify anything with alpha 0.00001; use 17 or more, or a larger alpha",
  );
  expect(() => needsOf(certifiedRadius, { samples: 17, alpha: 1e-5 }, { dataset: "mnist" })).not.toThrow();
  expect(() => needsOf(certifiedRadius, {})).toThrow("it asks about image records, but location has binary ones");
});
