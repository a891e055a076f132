import { cnn } from "./cnn.ts";
import { mlp } from "./mlp.ts";

/** Every model by name. */
export const models = { cnn, mlp };
