import { expect, test } from "vitest";
import { sizeOf } from "./pull-view.ts";

test("sizes are short, and never round up to a thousand", () => {
  const sizes = [0, 999, 1_000, 287_293, 999_949, 999_950, 9_912_422, 999_949_999, 999_950_000, 1_234_567_890];
  expect(sizes.map(sizeOf)).toEqual([
    ...["0 B", "999 B", "1.0 kB", "287.3 kB", "999.9 kB"],
    ...["1.0 MB", "9.9 MB", "999.9 MB", "1.0 GB", "1.2 GB"],
  ]);
});
