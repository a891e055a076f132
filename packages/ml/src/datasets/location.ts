import { z } from "zod";
import { defineDataset, type Located } from "../unit.ts";
import { type BitRows, readBitRows } from "./formats/bit-rows.ts";
import { firstFile, wrongChecksum } from "./formats/files.ts";
import { contentOf } from "./formats/members.ts";
import { synthesizeLocation } from "./stand-ins/location.ts";

const records = 5010;
const features = 446;
const classes = 30;
const maxBytes = 16 * 2 ** 20;
/** SHA-256 of the file `bangkok` in dataset_location.tgz. */
const published = "2ca8f7fc231251e089823e44d39f2d1eed124574cc351c7f80368cfe631dd718";

/**
 * Foursquare check-ins in Bangkok: which of 446 regions and venue types a person visited; 30 clusters of people are the
 * classes. Shokri et al. 2017, §VI-A, as published in privacytrustlab/datasets: the file `bangkok`, a line per record,
 * `"class",bit,bit,…`, alone or in its archive. No other content is accepted.
 */
export const location = defineDataset({
  name: "location",
  title: "Location (Foursquare, Bangkok)",
  paper: "Shokri et al. 2017, §VI-A; Yang et al. 2015",
  version: 1,
  params: z.strictObject({}),
  kind: "binary",
  classes,
  records,
  licence: "none stated; cite Shokri et al. 2017 and Yang et al. 2015",
  downloads: [
    {
      file: "dataset_location.tgz",
      urls: ["https://github.com/privacytrustlab/datasets/raw/master/dataset_location.tgz"],
      checksum: { algorithm: "sha256", hex: "927203f85a868f8ee17a0ded1dc61699efe602167beabe34fbf45b4b1de94b33" },
      bytes: 287_293,
    },
  ],
  input: () => ({ kind: "binary", shape: [features], low: 0, high: 1 }),
  encoding: () => ({ kind: "none" }),
  async locate(folders) {
    for (const folder of folders) {
      const file = await firstFile(folder, [
        "location/bangkok",
        "location/dataset_location.tgz",
        "bangkok",
        "dataset_location.tgz",
      ]);
      if (file !== null) return { files: [file], origin: "Shokri et al.'s file bangkok (5,010 records)" };
    }
    return null;
  },
  async inspect(located) {
    await readVerified(located, 0);
    return { records, checksum: published, largestGroup: 1 };
  },
  async load(located) {
    const { bits, labels } = await readVerified(located, records);
    return { features: bits, labels };
  },
  synthesize: synthesizeLocation,
});

/** The file's rows. What is wrong with one of them is told before that the checksum differs. */
async function readVerified({ files }: Located, room: number): Promise<BitRows> {
  const file = files[0] as string;
  const form = { label: { classes, quoted: true }, bits: features };
  const rows = await readBitRows(contentOf(file, "bangkok", maxBytes), form, file, room);
  if (rows.checksum !== published) throw wrongChecksum(file, published, rows.checksum);
  return rows;
}
