import { join } from "node:path";
import { InvalidInput } from "@shadowfarm/core/errors";
import { z } from "zod";
import { defineDataset, type Located } from "../unit.ts";
import { archiveNames, filesIn } from "./formats/archive.ts";
import { type BitRows, readBitRows } from "./formats/bit-rows.ts";
import { checksumOf, firstFile } from "./formats/files.ts";
import { contentOf, isMember } from "./formats/members.ts";
import { synthesizeTexas } from "./stand-ins/texas.ts";

const records = 67_330;
const features = 6169;
const classes = 100;
const maxBytes = 2 ** 31;

/** The two files, and what a row of each is. */
const forms = {
  "texas/100/feats": { bits: features },
  "texas/100/labels": { label: { classes, quoted: false }, bits: 0 },
} as const;
type Part = keyof typeof forms;
const parts = Object.keys(forms) as Part[];

/**
 * Hospital stays in Texas, 2006–2009: causes of injury, diagnoses and general facts in 6,169 bits; the 100 most frequent
 * procedures are the classes. Shokri et al. 2017, §VI-A, as published in privacytrustlab/datasets: the files
 * `texas/100/feats` (a line per record, `bit,bit,…`) and `texas/100/labels` (a class per line), alone or in their archive,
 * with any number of records.
 */
export const texas100 = defineDataset({
  name: "texas100",
  title: "Texas-100 (hospital stays)",
  paper: "Shokri et al. 2017, §VI-A",
  version: 1,
  params: z.strictObject({}),
  kind: "binary",
  classes,
  records,
  licence: "none stated; cite Shokri et al. 2017 and the Texas Hospital Inpatient Discharge Public Use Data File",
  downloads: [
    {
      file: "dataset_texas.tgz",
      urls: [
        "https://github.com/privacytrustlab/datasets/raw/master/dataset_texas.tgz",
        "https://www.comp.nus.edu.sg/~reza/files/dataset_texas.tgz",
      ],
      checksum: null,
      bytes: 15_000_000,
    },
  ],
  input: () => ({ kind: "binary", shape: [features], low: 0, high: 1 }),
  encoding: () => ({ kind: "none" }),
  locate: locateTexas,
  async inspect(located) {
    const { feats, checksum } = await readRows(located, 0);
    return { records: feats.records, checksum, largestGroup: 1 };
  },
  async load(located) {
    const { feats, labels } = await readRows(located, records);
    return { features: feats.bits, labels: labels.labels };
  },
  synthesize: synthesizeTexas,
});

/** The archive or the two files, in `texas100/` of the first folder that has them, or in the folder itself. */
async function locateTexas(folders: readonly string[]): Promise<Located | null> {
  for (const folder of folders) {
    for (const place of ["texas100", ""]) {
      const found = await Promise.all(parts.map((part) => firstFile(join(folder, place), [part])));
      const files = found.filter((file) => file !== null);
      if (files.length === parts.length) return { files, origin: "Shokri et al.'s files texas/100/feats and labels" };
      if (files.length > 0) {
        const missing = parts[found.indexOf(null)];
        throw new InvalidInput(`${files[0]} is there, but not ${missing} beside it; add the missing file`);
      }
      const archive = await firstFile(join(folder, place), ["dataset_texas.tgz"]);
      if (archive !== null) return { files: [archive], origin: "Shokri et al.'s archive dataset_texas.tgz" };
    }
  }
  return null;
}

/** @throws {InvalidInput} also when the two files differ in their number of rows. */
async function readRows({ files }: Located, room: number) {
  const file = files[0] as string;
  const rows = archiveNames.test(file) ? await readArchive(file, room) : await readFiles(files, room);
  const missing = parts.find((part) => rows[part] === undefined);
  if (missing !== undefined) throw new InvalidInput(`${file} holds no file named "${missing}"; download it again`);
  const [feats, labels] = parts.map((part) => rows[part]) as [BitRows, BitRows];
  if (feats.records !== labels.records) {
    throw new InvalidInput(
      `${file}: ${feats.records} rows of features and ${labels.records} of labels; download it again`,
    );
  }
  const checksum = checksumOf([
    ["feats", feats.checksum],
    ["labels", labels.checksum],
  ]);
  return { feats, labels, checksum };
}

async function readFiles(files: readonly string[], room: number): Promise<Partial<Record<Part, BitRows>>> {
  const rows: Partial<Record<Part, BitRows>> = {};
  for (const [at, part] of parts.entries()) {
    const file = files[at] as string;
    rows[part] = await readBitRows(contentOf(file, part, maxBytes), forms[part], file, room);
  }
  return rows;
}

async function readArchive(archive: string, room: number): Promise<Partial<Record<Part, BitRows>>> {
  const rows: Partial<Record<Part, BitRows>> = {};
  for await (const file of filesIn(archive, { maxBytes })) {
    const part = parts.find((name) => isMember(file.path, name));
    if (part === undefined || rows[part] !== undefined) continue;
    rows[part] = await readBitRows(file.stream(), forms[part], `${archive} (${part})`, room);
  }
  return rows;
}
