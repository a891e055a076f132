import { join } from "node:path";
import { defineDataset } from "../unit.ts";
import { type CifarFormat, cifarPictures, inspectCifar, loadCifar, locateCifar } from "./formats/cifar.ts";
import { synthesizeCifar100 } from "./stand-ins/cifar.ts";

/** Binary version: a byte for the superclass stands before that of the class. */
const format: CifarFormat = {
  archive: "cifar-100-binary.tar.gz",
  folder: "cifar-100-binary",
  batches: /^(?:train|test)\.bin$/,
  rankOf: (batch) => (batch === "train.bin" ? 0 : 1),
  labels: [20, 100],
};

/**
 * CIFAR-100: photographs of a hundred kinds of things, 32 × 32 pixels in colour; the class is the fine label. 60,000 of
 * them, or those of the training or the test file alone. Encoded as CIFAR-10 is.
 */
export const cifar100 = defineDataset({
  name: "cifar100",
  title: "CIFAR-100 (photographs, 100 classes)",
  paper: "Krizhevsky 2009, §3; encoded as in Salem et al. 2019 (published code)",
  version: 1,
  ...cifarPictures,
  classes: 100,
  records: 60_000,
  licence: "none stated; cite Krizhevsky 2009",
  downloads: [
    {
      file: "cifar-100-binary.tar.gz",
      urls: ["https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"],
      checksum: { algorithm: "sha256", hex: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec" },
      bytes: 168_513_733,
    },
  ],
  locate: (folders) =>
    locateCifar(
      format,
      folders.flatMap((folder) => [join(folder, "cifar100"), folder]),
    ),
  inspect: (located) => inspectCifar(format, located),
  load: (located) => loadCifar(format, located),
  synthesize: synthesizeCifar100,
});
