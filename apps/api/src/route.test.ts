import { expect, test } from "vitest";
import { type Resources, versionBy } from "./route.ts";

test("a version by a text rises with each other text, and stays while it is the same", async () => {
  const texts = ["", "a", "a", "b", "a", "a"];
  const version = versionBy(async () => texts.shift() as string);
  const versions: number[] = [];
  while (texts.length > 0) versions.push(await version({} as Resources));
  expect(versions).toEqual([1, 2, 2, 3, 4, 4]);
});
