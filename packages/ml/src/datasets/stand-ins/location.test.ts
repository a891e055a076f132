import { createHash } from "node:crypto";
import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { synthesizeLocation } from "./location.ts";

test("446 bits a person, of which an eighth are ones, and 30 classes of the real sizes in random order", () => {
  const { features, labels } = synthesizeLocation(createRng("location/1"), 5010);
  expect(features).toBeInstanceOf(Uint8Array);
  expect(features).toHaveLength(5010 * 446);
  const bits = features as Uint8Array;
  expect(Math.max(...bits.subarray(0, 100_000))).toBe(1);
  expect(bits.reduce((sum, bit) => sum + bit, 0) / bits.length).toBeCloseTo(0.12, 1);
  const sizes = new Array<number>(30).fill(0);
  for (const label of labels) sizes[label] = (sizes[label] as number) + 1;
  expect([sizes[0], sizes[29]]).toEqual([97, 308]);
  expect(new Set(labels.subarray(0, 50)).size).toBeGreaterThan(15);
});

// The results that were obtained with this stand-in stay comparable: its records are those of earlier versions.
test("the records of a path never change, and those of another path differ", () => {
  const digest = (path: string) => {
    const { features, labels } = synthesizeLocation(createRng(path), 5010);
    return createHash("sha256")
      .update(features as Uint8Array)
      .update(labels)
      .digest("hex");
  };
  expect(digest("x/1")).toBe("f37e55df90c2c2bac60e0b199580759f069aaa6eaa180f841dde12914a398138");
  expect(digest("x/2")).not.toBe(digest("x/1"));
});
