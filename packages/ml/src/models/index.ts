import { cnn } from "./cnn.ts";
import { logisticRegression } from "./logistic-regression.ts";
import { mlp } from "./mlp.ts";
import { randomForest } from "./random-forest.ts";

/** Every model by name. */
export const models = { cnn, "logistic-regression": logisticRegression, mlp, "random-forest": randomForest };
