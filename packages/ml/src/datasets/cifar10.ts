import { basename, join, resolve } from "node:path";
import { defineDataset } from "../unit.ts";
import { type CifarFormat, cifarPictures, inspectCifar, loadCifar, locateCifar } from "./formats/cifar.ts";
import { synthesizeCifar10 } from "./stand-ins/cifar.ts";

/** Binary version: any number of batches, the test batch last. */
export const cifar10Format: CifarFormat = {
  archive: "cifar-10-binary.tar.gz",
  folder: "cifar-10-batches-bin",
  batches: /^(?:data_batch_[1-9]\d{0,5}|test_batch)\.bin$/,
  rankOf: (batch) => Number(/\d+/.exec(batch)?.[0] ?? Number.POSITIVE_INFINITY),
  labels: [10],
};

/**
 * CIFAR-10: photographs of ten kinds of things, 32 × 32 pixels in colour; 60,000 of them, or as many as there are files
 * of. Salem et al. 2019 train on them after standardizing each pixel by the training records' mean and deviation, the
 * latter counted as at least 1 of 255 levels (their published code).
 */
export const cifar10 = defineDataset({
  name: "cifar10",
  title: "CIFAR-10 (photographs, 10 classes)",
  paper: "Krizhevsky 2009, §3; encoded as in Salem et al. 2019 (published code)",
  version: 1,
  ...cifarPictures,
  classes: 10,
  records: 60_000,
  licence: "none stated; cite Krizhevsky 2009",
  downloads: [
    {
      file: "cifar-10-binary.tar.gz",
      urls: [
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/cifar-10-binary.tar.gz",
      ],
      checksum: { algorithm: "sha256", hex: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd" },
      bytes: 170_052_171,
    },
  ],
  locate: (folders) => locateCifar(cifar10Format, folders.flatMap(placesIn)),
  inspect: (located) => inspectCifar(cifar10Format, located),
  load: (located) => loadCifar(cifar10Format, located),
  synthesize: synthesizeCifar10,
});

/** A folder of JPEG re-encodings is never taken for the exact pictures, not even when it is named itself. */
function placesIn(folder: string): string[] {
  const itself = basename(resolve(folder)) === "cifar10-jpeg" ? [] : [folder];
  return [join(folder, "cifar10"), join(folder, "cifar10-exact"), ...itself];
}
