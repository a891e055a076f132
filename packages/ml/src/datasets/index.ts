import { adult } from "./adult.ts";
import { cifar10 } from "./cifar10.ts";
import { cifar10Jpeg } from "./cifar10-jpeg.ts";
import { cifar100 } from "./cifar100.ts";
import { face } from "./face.ts";
import { fashionMnist } from "./fashion-mnist.ts";
import { gtsrb } from "./gtsrb.ts";
import { location } from "./location.ts";
import { mnist } from "./mnist.ts";
import { news } from "./news.ts";
import { purchase2, purchase10, purchase20, purchase50, purchase100 } from "./purchase.ts";
import { texas100 } from "./texas100.ts";
import { yaleFace } from "./yale-face.ts";

/** Every dataset by name. */
export const datasets = {
  adult,
  cifar10,
  "cifar10-jpeg": cifar10Jpeg,
  cifar100,
  face,
  "fashion-mnist": fashionMnist,
  gtsrb,
  location,
  mnist,
  news,
  purchase2,
  purchase10,
  purchase20,
  purchase50,
  purchase100,
  texas100,
  "yale-face": yaleFace,
};
