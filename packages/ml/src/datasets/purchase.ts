import { createRng } from "@shadowfarm/core/rng";
import { z } from "zod";
import { type Dataset, defineDataset, type Located } from "../unit.ts";
import { type BitRows, readBitRows } from "./formats/bit-rows.ts";
import { firstFile } from "./formats/files.ts";
import { contentOf } from "./formats/members.ts";
import { clusterBits } from "./k-means.ts";
import { synthesizePurchase } from "./stand-ins/purchase.ts";

const records = 197_324;
const features = 600;
/** Classes of the released file. */
const released = 100;
const maxBytes = 2 ** 31;

const none = z.strictObject({});

export const purchase2 = purchaseOf(2);
export const purchase10 = purchaseOf(10);
export const purchase20 = purchaseOf(20);
export const purchase50 = purchaseOf(50);
export const purchase100 = purchaseOf(released);

/**
 * Which of 600 products a shopper bought within a year (Kaggle's Acquire Valued Shoppers Challenge); clusters of shoppers
 * are the classes. Shokri et al. 2017, §VI-A, as published in privacytrustlab/datasets: the file `dataset_purchase`, a
 * line per record, `class,bit,bit,…`, alone or in its archive, with any number of records.
 *
 * The file has the classes of Purchase-100. Those of the others were never released: here they are clusters that k-means
 * finds in the same bits, always from the same seed, and so differ from Shokri et al.'s.
 */
function purchaseOf(classes: 2 | 10 | 20 | 50 | 100): Dataset<typeof none> {
  return defineDataset({
    name: `purchase${classes}`,
    title: `Purchase-${classes} (shopping histories)`,
    paper:
      classes === released
        ? "Shokri et al. 2017, §VI-A"
        : "Shokri et al. 2017, §VI-A; classes by k-means here, theirs were never released",
    version: 1,
    params: none,
    kind: "binary",
    classes,
    records,
    folder: "purchase",
    licence: "none stated; Kaggle competition data (Acquire Valued Shoppers); cite Shokri et al. 2017",
    downloads: [
      {
        file: "dataset_purchase.tgz",
        urls: [
          "https://github.com/privacytrustlab/datasets/raw/master/dataset_purchase.tgz",
          "https://www.comp.nus.edu.sg/~reza/files/dataset_purchase.tgz",
        ],
        checksum: null,
        bytes: 45_000_000,
      },
    ],
    input: () => ({ kind: "binary", shape: [features], low: 0, high: 1 }),
    encoding: () => ({ kind: "none" }),
    locate: locatePurchase,
    async inspect(located) {
      const { records, checksum } = await readRows(located, 0);
      return { records, checksum, largestGroup: 1 };
    },
    async load(located) {
      const { bits, labels } = await readRows(located, records);
      if (classes === released) return { features: bits, labels };
      const rng = createRng(`purchase${classes} clusters`);
      return { features: bits, labels: clusterBits(bits, features, classes, rng, located.files[0] as string) };
    },
    synthesize: (rng, records) => synthesizePurchase(classes, rng, records),
  });
}

/** The file in `purchase/`, or in the folder itself. */
async function locatePurchase(folders: readonly string[]): Promise<Located | null> {
  const places = ["purchase/", ""];
  const names = places.flatMap((place) => [`${place}dataset_purchase`, `${place}dataset_purchase.tgz`]);
  for (const folder of folders) {
    const file = await firstFile(folder, names);
    if (file !== null) return { files: [file], origin: "Shokri et al.'s file dataset_purchase" };
  }
  return null;
}

function readRows({ files }: Located, room: number): Promise<BitRows> {
  const file = files[0] as string;
  const form = { label: { classes: released, quoted: false }, bits: features };
  return readBitRows(contentOf(file, "dataset_purchase", maxBytes), form, file, room);
}
