import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidInput } from "@shadowfarm/core/errors";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { aTar } from "./archives.fixture.ts";
import { decodeAll, decodeJpeg, resize } from "./images.ts";

const crop = {
  expected: { width: 60, height: 50 },
  region: { left: 20, top: 10, width: 32, height: 24 },
  to: { width: 8, height: 6 },
};

/** White, and of one colour in the region that is cut out. */
async function aJpeg({ width = 60, height = 50, colour = [0, 0, 0] as const, grey = false } = {}): Promise<Uint8Array> {
  const [r, g, b] = colour;
  const { left, top, ...size } = crop.region;
  const inner = sharp({ create: { ...size, channels: 3, background: { r, g, b } } }).png();
  return sharp({ create: { width, height, channels: 3, background: "white" } })
    .composite([{ input: await inner.toBuffer(), left, top }])
    .toColourspace(grey ? "b-w" : "srgb")
    .jpeg({ quality: 100, chromaSubsampling: "4:4:4" })
    .toBuffer();
}

test("a JPEG picture: its region, scaled, in colour", async () => {
  const pixels = await decodeJpeg(await aJpeg({ colour: [200, 100, 0] as never }), "x.jpg", crop);
  expect(pixels.length).toBe(6 * 8 * 3);
  pixels.forEach((value, at) => {
    expect(Math.abs(value - ([200, 100, 0][at % 3] as number))).toBeLessThanOrEqual(3);
  });
});

test("a grey JPEG picture has three equal channels", async () => {
  const pixels = await decodeJpeg(await aJpeg({ grey: true }), "x.jpg", crop);
  expect(pixels).toEqual(Buffer.alloc(6 * 8 * 3));
});

test.each([
  ["text", async () => Buffer.from("<html>"), /a, x.jpg is not a JPEG picture that decodes: .*; download it again/],
  ["a picture cut short", async () => (await aJpeg()).subarray(0, -2), /a, x.jpg is not a JPEG picture that decodes: /],
  [
    "a PNG picture",
    () =>
      sharp(new Uint8Array(3), { raw: { width: 1, height: 1, channels: 3 } })
        .png()
        .toBuffer(),
    /a, x.jpg is not a JPEG picture that decodes: it does not begin as one; download it again/,
  ],
  ["another size", () => aJpeg({ width: 61 }), /a, x.jpg has 61 × 50 pixels, not 60 × 50; download it again/],
])("%s is refused by name", async (_, content, problem) => {
  const error = await decodeJpeg(await content(), "a, x.jpg", crop).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidInput);
  expect(String(error)).toMatch(problem);
  expect(String(error)).not.toMatch("\n");
});

test("resizing keeps flat colours and channels, larger or smaller, and leaves the right size alone", async () => {
  const to = { width: 32, height: 32 };
  for (const [width, height] of [
    [15, 20],
    [32, 32],
    [250, 240],
    [31, 33],
  ] as const) {
    const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => [10, 20, 250][at % 3] as number);
    const resized = await resize({ width, height, channels: 3, pixels }, to);
    expect(
      Buffer.from(resized).equals(Uint8Array.from({ length: 3072 }, (_, at) => [10, 20, 250][at % 3] as number)),
    ).toBe(true);
  }
  const grey = await resize({ width: 2, height: 2, channels: 1, pixels: Uint8Array.of(7, 7, 7, 7) }, to);
  expect([grey.length, grey[0]]).toEqual([1024, 7]);
  // Rows are rows: dark above, light below.
  const halves = await resize({ width: 64, height: 64, channels: 1, pixels: new Uint8Array(4096).fill(200, 2048) }, to);
  expect([halves[0], halves[31], halves[1023]]).toEqual([0, 0, 200]);
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "images-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function decode(paths: readonly string[], bad: readonly string[] = []): Promise<Uint8Array> {
  const source = join(folder, "x.tar");
  const names = Array.from({ length: 50 }, (_, at) => String(at));
  await writeFile(source, await aTar(names.map((name) => ({ name, content: Uint8Array.of(Number(name)) }))));
  return decodeAll({ source, limits: { maxBytes: 2 ** 20 }, paths, size: 2 }, async (content, place) => {
    if (bad.includes(place.split(", ")[1] as string)) throw new InvalidInput(`${place} is bad`);
    return Uint8Array.of(content[0] as number, 99);
  });
}

test("pictures come in the order that is asked for; the others are left out", async () => {
  const paths = Array.from({ length: 40 }, (_, at) => String(49 - at));
  expect(await decode(paths)).toEqual(Uint8Array.from(paths.flatMap((path) => [Number(path), 99])));
});

test("the first bad picture is told, and a missing one", async () => {
  const paths = Array.from({ length: 50 }, (_, at) => String(at));
  await expect(decode(paths, ["40", "7", "9"])).rejects.toThrow("x.tar, 7 is bad");
  await expect(decode([...paths, "none"])).rejects.toThrow("x.tar no longer holds none; leave it as it is");
});
