import { cnn } from "./cnn.ts";
import { cnn7 } from "./cnn7.ts";
import { logisticRegression } from "./logistic-regression.ts";
import { mlp } from "./mlp.ts";
import { randomForest } from "./random-forest.ts";
import { vgg } from "./vgg.ts";
import { wideResnet } from "./wide-resnet.ts";

/** Every model by name. */
export const models = {
  cnn,
  cnn7,
  "logistic-regression": logisticRegression,
  mlp,
  "random-forest": randomForest,
  vgg,
  "wide-resnet": wideResnet,
};
