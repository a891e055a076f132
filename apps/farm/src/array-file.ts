import { readFile } from "node:fs/promises";
import path from "node:path";
import { InvalidInput } from "@shadowfarm/core/errors";
import { show } from "@shadowfarm/core/validation";
import { parseCsv } from "@shadowfarm/ml/csv";
import type { ImportedArray } from "@shadowfarm/ml/imported-arrays";
import { parseNpy } from "@shadowfarm/ml/npy";

const parsers = new Map([
  [".npy", parseNpy],
  [".csv", parseCsv],
]);

/**
 * An array of numbers in a `.npy` or `.csv` file.
 *
 * @throws {InvalidInput} naming the file, as its format's parser does, and when it cannot be read.
 */
export async function readArray(file: string): Promise<ImportedArray> {
  const extension = path.extname(file).toLowerCase();
  const parse = parsers.get(extension);
  if (!parse) {
    throw new InvalidInput(`${file}: ${show(extension)} is not a known extension; give a .npy or .csv file`);
  }
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInput(`${file}: cannot be read (${error.code}); give the path of a .npy or .csv file`);
  });
  return { file, ...parse(bytes, file) };
}
