import { join } from "node:path";
import { defineDataset } from "../unit.ts";
import { cifar10, cifar10Format } from "./cifar10.ts";
import { locateCifar } from "./formats/cifar.ts";

/**
 * The pictures of CIFAR-10 after a lossy re-encoding as JPEG: files in the format of the exact ones, but other pixels
 * (root mean square error about 8 of 255), and so a dataset of its own, which is never mixed with the exact one.
 */
export const cifar10Jpeg = defineDataset({
  ...cifar10,
  name: "cifar10-jpeg",
  title: "CIFAR-10, JPEG re-encoding (lossy photographs, 10 classes)",
  paper: "Krizhevsky 2009, §3, re-encoded as JPEG of quality 75; encoded as in Salem et al. 2019 (published code)",
  version: 1,
  records: 20_000,
  downloads: [],
  locate: (folders) =>
    locateCifar(
      cifar10Format,
      folders.map((folder) => join(folder, "cifar10-jpeg")),
    ),
});
