import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InvalidInput, messageOf } from "@shadowfarm/core/errors";
import { type Info, parse } from "csv-parse/sync";
import { z } from "zod";
import { defineDataset } from "../unit.ts";
import { adultColumns } from "./adult-columns.ts";
import { checksumOf, firstFile, sha256Of } from "./formats/files.ts";
import { numberOf } from "./formats/table-rows.ts";
import { synthesizeAdult } from "./stand-ins/adult.ts";
import { widthOf } from "./table.ts";

const files = ["adult.data", "adult.test"] as const;
/** The order of the columns in the files; the label is the last. */
const order = [
  ...["age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship"],
  ...["race", "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country"],
];
const numbers = adultColumns.filter((column) => "low" in column).length;
const width = widthOf(adultColumns);

/**
 * Census records of 1994, and whether a person earned more than 50,000 dollars a year (class 1): six numbers, and eight
 * choices as one feature each choice. An unknown value (`?`) is a choice of its own, so that no record is lost. The records
 * of adult.data, then those of adult.test. Kohavi 1996; Salem et al. 2019 preprocess it "as Shokri", who do not say how.
 */
export const adult = defineDataset({
  name: "adult",
  title: "Adult (census income)",
  paper: "Kohavi 1996; Shokri et al. 2017, §VI-A",
  version: 1,
  params: z.strictObject({}),
  kind: "tabular",
  classes: 2,
  records: 48_842,
  licence: "none stated; UCI is generally quoted as CC BY 4.0",
  downloads: [
    {
      file: "adult.data",
      urls: ["https://archive.ics.uci.edu/ml/machine-learning-databases/adult/adult.data"],
      checksum: { algorithm: "sha256", hex: "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d" },
      bytes: 3_974_305,
    },
    {
      file: "adult.test",
      urls: ["https://archive.ics.uci.edu/ml/machine-learning-databases/adult/adult.test"],
      checksum: { algorithm: "sha256", hex: "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05" },
      bytes: 2_003_153,
    },
  ],
  input: () => ({ kind: "tabular", shape: [width], low: 0, high: 1, columns: adultColumns }),
  encoding: () => ({ kind: "standardize", features: numbers, leastDeviation: 0 }),
  async locate(folders) {
    for (const place of folders.flatMap((folder) => [join(folder, "adult"), folder])) {
      const found = await Promise.all(files.map((name) => firstFile(place, [name])));
      const present = found.filter((file) => file !== null);
      if (present.length === files.length) return { files: present, origin: "adult.data and adult.test" };
      if (present.length > 0) {
        throw new InvalidInput(
          `${present[0]} is there, but not ${files[found.indexOf(null)]} beside it; add that file`,
        );
      }
    }
    return null;
  },
  async inspect({ files: places }) {
    const contents = await Promise.all(places.map((place) => readFile(place)));
    const checksum = checksumOf(contents.map((content, at) => [files[at] as string, sha256Of(content)]));
    // Counted without being parsed, for this is done at every submission.
    const counts = contents.map((content) => content.toString("latin1").match(/^[^\s|].*$/gm)?.length ?? 0);
    return { records: counts.reduce((sum, count) => sum + count, 0), checksum, largestGroup: 1 };
  },
  async load({ files: places }) {
    const rows: Row[] = [];
    for (const place of places) {
      const table = rowsOf(await readFile(place), place);
      if (table.length === 0) throw new InvalidInput(`${place} has no records; download it again`);
      for (const row of table) rows.push(row);
    }
    const features = new Float32Array(rows.length * width);
    const labels = new Int32Array(rows.length);
    rows.forEach(({ place, values }, record) => {
      labels[record] = labelOf(values[order.length] as string, place);
      encodeRow(values, place, features.subarray(record * width, (record + 1) * width));
    });
    return { features, labels };
  },
  synthesize: synthesizeAdult,
});

interface Row {
  /** File and row, for people. */
  place: string;
  values: string[];
}

/** Every row has all columns and a label. */
function rowsOf(content: Buffer, file: string): Row[] {
  // adult.test opens with a line that is no record, and both files end with an empty one.
  const options = { trim: true, skip_empty_lines: true, comment: "|", info: true, relax_column_count: true } as const;
  let parsed: { info: Info; record: string[] }[];
  try {
    parsed = parse(content, options) as unknown as typeof parsed;
  } catch (error) {
    throw new InvalidInput(`${file} cannot be read: ${messageOf(error)}; download it again`);
  }
  return parsed.map(({ info, record }) => {
    const place = `${file}, row ${info.lines}`;
    if (record.length === order.length + 1) return { place, values: record };
    throw new InvalidInput(`${place}: ${record.length} values, not ${order.length + 1}; download it again`);
  });
}

/** The labels of adult.test end with a full stop. */
function labelOf(text: string, place: string): number {
  const label = ["<=50K", ">50K"].indexOf(text.replace(/\.$/, ""));
  if (label < 0) throw new InvalidInput(`${place}: the label "${text}" is not <=50K or >50K; download it again`);
  return label;
}

function encodeRow(values: readonly string[], place: string, row: Float32Array): void {
  let at = 0;
  for (const column of adultColumns) {
    const text = values[order.indexOf(column.name)] as string;
    if ("choices" in column) {
      const choice = column.choices.indexOf(text);
      if (choice < 0) {
        throw new InvalidInput(
          `${place}, column ${column.name}: "${text}" is not one of its choices; download it again`,
        );
      }
      row[at + choice] = 1;
      at += column.choices.length;
    } else {
      const value = numberOf(text);
      if (value === null || value < column.low || value > column.high) {
        throw new InvalidInput(
          `${place}, column ${column.name}: "${text}" is not a number from ${column.low} to ${column.high}; download it again`,
        );
      }
      row[at++] = value;
    }
  }
}
