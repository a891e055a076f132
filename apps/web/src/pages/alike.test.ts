import { expect, test } from "vitest";
import { alike, type FailureGroup } from "./alike.ts";

function aGroup(error: string, count: number, jobs: string[]): FailureGroup {
  return { kind: "train", error, count, jobs, lines: [] };
}

test("errors that differ in numbers alone are one, by the commonest of them", () => {
  const failures = [
    aGroup("killed by SIGKILL", 2, ["a"]),
    aGroup("the loss is not finite at step 10 (last 1.01e+31)", 1, ["b"]),
    aGroup("the loss is not finite at step 12 (last 9.98e+30)", 3, ["c"]),
  ];
  expect(alike(failures)).toEqual([
    aGroup("the loss is not finite at step 12 (last 9.98e+30)", 4, ["b", "c"]),
    aGroup("killed by SIGKILL", 2, ["a"]),
  ]);
});
