import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Download } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import { type Dataset, defineDataset } from "@shadowfarm/ml/unit";
import { z } from "zod";

/** A dataset whose files can be any bytes but `damaged`, each byte a record. */
export function byteDataset(name: string, downloads: readonly Download[]): Dataset {
  const contents = (files: readonly string[]) => Promise.all(files.map((file) => readFile(file)));
  return defineDataset({
    ...{ name, title: name, paper: "none", licence: "none", version: 1, kind: "binary", classes: 2, records: 1_000 },
    params: z.strictObject({}),
    input: () => ({ kind: "binary", shape: [1], low: 0, high: 1 }),
    encoding: () => ({ kind: "none" }),
    downloads,
    async locate(folders) {
      for (const place of folders.flatMap((folder) => [path.join(folder, name), folder])) {
        const files = downloads.map(({ file }) => path.join(place, file)).filter((file) => existsSync(file));
        if (files.length > 0) return { files, origin: "bytes" };
      }
      return null;
    },
    async inspect({ files }) {
      const all = Buffer.concat(await contents(files));
      if (all.includes("damaged")) throw new InvalidInput(`${files[0]} is damaged; download it again`);
      return { records: all.length, checksum: createHash("sha256").update(all).digest("hex"), largestGroup: 1 };
    },
    async load({ files }) {
      const features = Buffer.concat(await contents(files));
      return { features, labels: new Int32Array(features.length) };
    },
    synthesize: () => ({ features: new Uint8Array(4), labels: new Int32Array(4) }),
  });
}
