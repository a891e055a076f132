import { expect, test } from "vitest";
import { parseIdx } from "./idx.ts";

const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9);

test("an IDX array: its shape and its bytes", () => {
  expect(parseIdx(labels, 1, "labels")).toEqual({ shape: [3], bytes: Uint8Array.of(7, 0, 9) });
  const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4);
  expect(parseIdx(images, 3, "images")).toEqual({ shape: [1, 2, 2], bytes: Uint8Array.of(1, 2, 3, 4) });
});

test.each([
  ["nothing", new Uint8Array(0), "x.idx: an IDX header has 8 bytes, but the content ends after 0"],
  ["half a header", labels.subarray(0, 6), "x.idx: an IDX header has 8 bytes, but the content ends after 6"],
  ["another type", labels.with(2, 13), "x.idx: the magic number is 3329, not 2049 (unsigned bytes, 1 axes)"],
  ["too few bytes", labels.subarray(0, 10), "x.idx: the header announces 3 bytes (3), but 2 follow"],
  ["too many bytes", Uint8Array.of(...labels, 1), "x.idx: the header announces 3 bytes (3), but 4 follow"],
])("%s is refused", (_, content, problem) => {
  expect(() => parseIdx(content, 1, "x.idx")).toThrow(problem);
});
