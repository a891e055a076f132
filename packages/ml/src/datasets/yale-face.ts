import { join } from "node:path";
import { InvalidInput } from "@shadowfarm/core/errors";
import { z } from "zod";
import { defineDataset, type Inspected, type Located, type Records } from "../unit.ts";
import { type Entry, entriesOf } from "./formats/entries.ts";
import { checksumOf, digestOf, firstFile } from "./formats/files.ts";
import { decodeAll } from "./formats/images.ts";
import { parseNetpbm } from "./formats/netpbm.ts";
import { synthesizeYaleFace } from "./stand-ins/yale-face.ts";

const people = 38;
const width = 168;
const height = 192;
/** Several times the archive, unpacked. */
const limits = { maxBytes: 2 ** 29 };

/**
 * Extended Yale Face Database B, cropped: 38 people under 64 lights each, 2,414 pictures of 192 × 168 grey pixels in
 * [0, 1] (18 of the 2,432 are known to be damaged and marked as such). Used as they are, as by Song et al. 2019 (published code).
 */
export const yaleFace = defineDataset({
  name: "yale-face",
  title: "Yale Face (Extended Yale B, cropped)",
  paper: "Georghiades et al. 2001; Lee et al. 2005; Song, Shokri, Mittal 2019",
  version: 1,
  kind: "image",
  params: z.strictObject({}),
  input: () => ({ kind: "image", shape: [height, width, 1], low: 0, high: 1 }),
  encoding: () => ({ kind: "none" }),
  classes: people,
  records: 2414,
  licence: "free for research purposes; cite Georghiades et al. 2001 and, for the cropped pictures, Lee et al. 2005",
  downloads: [
    {
      file: "CroppedYale.zip",
      urls: ["http://vision.ucsd.edu/extyaleb/CroppedYaleBZip/CroppedYale.zip"],
      checksum: null,
      bytes: 58_500_000,
    },
  ],
  async locate(folders) {
    for (const place of folders.flatMap((folder) => [join(folder, "yale-face"), folder])) {
      const found = await firstFile(place, ["CroppedYale.zip", "CroppedYale"]);
      if (found === null) continue;
      return { files: [found], origin: found.endsWith(".zip") ? "archive CroppedYale.zip" : "folder CroppedYale" };
    }
    return null;
  },
  inspect,
  load,
  synthesize: synthesizeYaleFace,
});

/** One picture of a person. */
interface Portrait {
  /** yaleBNN/yaleBNN_P00A+000E+00.pgm */
  name: string;
  path: string;
  label: number;
}

async function inspect({ files }: Located): Promise<Inspected> {
  const source = files[0] as string;
  const digests = new Map<string, string>();
  const portraits = await portraitsIn(source, async (entry) => {
    digests.set(entry.path, (await digestOf(entry.stream())).sha256);
  });
  const checksum = checksumOf(portraits.map(({ name, path }) => [name, digests.get(path) as string]));
  return { records: portraits.length, checksum, largestGroup: 1 };
}

/** By person, then by the name of the picture, which tells where the light was. */
async function load({ files }: Located): Promise<Records> {
  const source = files[0] as string;
  const portraits = await portraitsIn(source);
  const features = await decodeAll(
    { source, limits, paths: portraits.map(({ path }) => path), size: height * width },
    async (content, place) => {
      const picture = parseNetpbm(content, place);
      if (picture.channels !== 1 || picture.width !== width || picture.height !== height) {
        throw new InvalidInput(
          `${place} has ${picture.height} × ${picture.width} × ${picture.channels} pixels, not ${height} × ${width} × 1; download it again`,
        );
      }
      return picture.pixels;
    },
  );
  return { features, labels: Int32Array.from(portraits, ({ label }) => label) };
}

/** All pictures in their order. Those of the room without a light, and damaged ones (`.pgm.bad`), are none. */
async function portraitsIn(source: string, visit?: (entry: Entry) => Promise<void>): Promise<Portrait[]> {
  const portraits: Portrait[] = [];
  for await (const entry of entriesOf(source, limits)) {
    if (!entry.path.endsWith(".pgm") || entry.path.endsWith("_Ambient.pgm")) continue;
    const [, name, folder, file] =
      /^CroppedYale\/((yaleB\d\d)\/(yaleB\d\d)_P00A[+-]\d{3}E[+-]\d\d\.pgm)$/.exec(entry.path) ?? [];
    const label = labelOf(Number(folder?.slice(-2)));
    if (name === undefined || folder !== file || label === null) {
      throw new InvalidInput(
        `${entry.place} is not named as yaleBNN/yaleBNN_P00A+000E+00.pgm of a person 1 … 39 without 14 is; download it again`,
      );
    }
    portraits.push({ name, path: entry.path, label });
    await visit?.(entry);
  }
  const found = new Set(portraits.map(({ label }) => label)).size;
  if (found !== people) {
    throw new InvalidInput(`${source} holds pictures of ${found} people, not ${people}; download it again`);
  }
  return portraits.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** People are numbered from 1 to 39, and nobody is number 14. */
function labelOf(person: number): number | null {
  if (!(person >= 1 && person <= 39) || person === 14) return null;
  return person < 14 ? person - 1 : person - 2;
}
