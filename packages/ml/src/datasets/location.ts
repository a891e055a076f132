import { InvalidInput } from "@shadowfarm/core/errors";
import { z } from "zod";
import { defineDataset, type Records } from "../unit.ts";
import { firstFile, readContent, readFromArchive, sha256Of, wrongChecksum } from "./files.ts";
import { synthesizeLocation } from "./location-synthetic.ts";

const records = 5010;
const features = 446;
const classes = 30;
const maxBytes = 16 * 2 ** 20;
/** SHA-256 of the file `bangkok` in dataset_location.tgz. */
const published = "2ca8f7fc231251e089823e44d39f2d1eed124574cc351c7f80368cfe631dd718";

/**
 * Foursquare check-ins in Bangkok: which of 446 regions and venue types a person visited; 30 clusters of people are the
 * classes. Shokri et al. 2017, §VI-A, as published in privacytrustlab/datasets.
 */
export const location = defineDataset({
  name: "location",
  title: "Location (Foursquare, Bangkok)",
  paper: "Shokri et al. 2017, §VI-A; Yang et al. 2015",
  version: 1,
  params: z.strictObject({}),
  input: { kind: "binary", shape: [features], low: 0, high: 1 },
  classes,
  licence: "none stated; cite Shokri et al. 2017 and Yang et al. 2015",
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
  async inspect({ files }) {
    await readVerified(files[0] as string);
    return { records, checksum: published };
  },
  async load({ files }) {
    const file = files[0] as string;
    return parseLocation(Buffer.from(await readVerified(file)).toString("latin1"), file);
  },
  synthesize: synthesizeLocation,
  syntheticRecords: records,
});

/**
 * Parses the file `bangkok`: a line per record, `"class",bit,bit,…` with classes 1–30 and 446 bits.
 *
 * @throws {InvalidInput} naming `file` and the row (from 1) that is malformed.
 */
export function parseLocation(content: string, file: string): Records {
  const rows = content.replace(/\r?\n$/, "").split(/\r?\n/);
  const values = new Float32Array(rows.length * features);
  const labels = new Int32Array(rows.length);
  rows.forEach((row, at) => {
    const comma = row.indexOf(",");
    const label = /^"(\d{1,2})"$/.exec(row.slice(0, comma))?.[1];
    if (label === undefined || Number(label) < 1 || Number(label) > classes) {
      throw new InvalidInput(
        `${file}, row ${at + 1}: the class ${row.slice(0, Math.min(comma, 40))} is not "1" … "${classes}"`,
      );
    }
    labels[at] = Number(label) - 1;
    const bits = row.slice(comma);
    if (bits.length !== 2 * features || !/^(?:,[01])*$/.test(bits)) {
      const found = bits.split(",").length - 1;
      throw new InvalidInput(
        `${file}, row ${at + 1}: expected ${features} values, each 0 or 1, and found ${found} values`,
      );
    }
    for (let feature = 0; feature < features; feature++) {
      values[at * features + feature] = bits.charCodeAt(2 * feature + 1) - 48;
    }
  });
  return { features: values, labels };
}

/** The file's content. What is wrong with its structure is told before that the checksum differs. */
async function readVerified(file: string): Promise<Uint8Array> {
  const content = file.endsWith(".tgz")
    ? await readFromArchive(file, "bangkok", maxBytes)
    : await readContent(file, maxBytes);
  const found = sha256Of(content);
  if (found !== published) {
    parseLocation(Buffer.from(content).toString("latin1"), file);
    throw wrongChecksum(file, published, found);
  }
  return content;
}
