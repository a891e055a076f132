import { join } from "node:path";
import { defineDataset } from "../unit.ts";
import { downloadsOf, type IdxDataset, idxPictures, inspectIdx, loadIdx, locateIdx } from "./formats/idx-dataset.ts";
import { synthesizeFashionMnist } from "./stand-ins/fashion-mnist.ts";

const files: IdxDataset = {
  title: "Fashion-MNIST",
  of: "pictures",
  parts: [
    {
      images: {
        name: "train-images-idx3-ubyte",
        gzip: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        bytes: 26_421_880,
        content: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
      },
      labels: {
        name: "train-labels-idx1-ubyte",
        gzip: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        bytes: 29_515,
        content: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
      },
      records: 60_000,
    },
    {
      images: {
        name: "t10k-images-idx3-ubyte",
        gzip: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        bytes: 4_422_102,
        content: null,
      },
      labels: {
        name: "t10k-labels-idx1-ubyte",
        gzip: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        bytes: 5_148,
        content: null,
      },
      records: 10_000,
      optional: true,
    },
  ],
};

/**
 * Articles of clothing, 28 × 28 grey pixels in [0, 1]: 70,000, or the 60,000 of the training part alone. Only in a folder
 * `fashion-mnist`, since MNIST's files have the same names.
 */
export const fashionMnist = defineDataset({
  name: "fashion-mnist",
  title: "Fashion-MNIST (articles of clothing)",
  paper: "Xiao et al. 2017, §2",
  version: 1,
  ...idxPictures,
  classes: 10,
  records: 70_000,
  licence: "MIT (Zalando SE)",
  downloads: downloadsOf(files, [
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
  ]),
  locate: (folders) =>
    locateIdx(
      files,
      folders.map((folder) => [join(folder, "fashion-mnist")]),
    ),
  inspect: (located) => inspectIdx(files, located),
  load: (located) => loadIdx(files, located),
  synthesize: synthesizeFashionMnist,
});
