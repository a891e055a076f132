import { InvalidInput } from "@shadowfarm/core/errors";
import { expect, test } from "vitest";
import { parseNetpbm } from "./netpbm.ts";

const picture = (header: string, bytes: readonly number[]) =>
  Buffer.concat([Buffer.from(header, "latin1"), Uint8Array.from(bytes)]);
const pixels = [10, 13, 32, 35, 5, 6];

test.each([
  ["lines", "P6\n2 1\n255\n"],
  ["spaces and tabs", "P6 2\t1 255 "],
  ["line ends of Windows", "P6\r\n2 1 255\n"],
  ["comments", "P6\n# 7 8 made by hand: é\n2 # wide\n#\n  1\n# 3\n255\n"],
])("a picture in colour whose header has %s", (_, header) => {
  expect(parseNetpbm(picture(header, pixels), "x.ppm")).toEqual({
    width: 2,
    height: 1,
    channels: 3,
    pixels: Buffer.from(pixels),
  });
});

test("a grey picture", () => {
  expect(parseNetpbm(picture("P5\n2 3\n255\n", pixels), "x.pgm")).toMatchObject({ width: 2, height: 3, channels: 1 });
});

test.each([
  ["nothing", "", [], 'x.ppm begins with "", not with the header of a binary PGM or PPM picture'],
  ["text", "P3\n2 1\n255\n", pixels, 'x.ppm begins with "P3\\n2 1\\n255\\n'],
  ["half a header", "P6\n2 1\n255", [], 'x.ppm begins with "P6\\n2 1\\n255", not with the header'],
  ["a comment without end", "P6\n2 1 # 255 ", [], "not with the header"],
  ["a size below zero", "P6\n-2 1\n255\n", pixels, "not with the header"],
  ["words of two bytes", "P6\n2 1\n65535\n", [...pixels, ...pixels], "x.ppm: its highest value is 65535, not 255"],
  [
    "too few bytes",
    "P6\n2 1\n255\n",
    pixels.slice(1),
    "announces 6 bytes (1 × 2 × 3), but 5 follow; download it again",
  ],
  [
    "too many bytes",
    "P6\n2 1\n255\n",
    [...pixels, 1],
    "announces 6 bytes (1 × 2 × 3), but 7 follow; download it again",
  ],
  ["no pixels", "P5\n0 0\n255\n", [], "announces 0 bytes (0 × 0 × 1), but 0 follow; download it again"],
])("%s is refused", (_, header, bytes, problem) => {
  const parse = () => parseNetpbm(picture(header, bytes), "x.ppm");
  expect(parse).toThrow(InvalidInput);
  expect(parse).toThrow(problem);
});
