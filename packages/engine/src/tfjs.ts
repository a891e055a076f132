import { createRequire } from "node:module";

/** The TF.js module: the full package, because gradients are not registered in bare tfjs-core. */
export type Tf = typeof import("@tensorflow/tfjs");

const require = createRequire(import.meta.url);
let loaded: Tf | undefined;

/**
 * TF.js, loaded at the first call (0.2–0.5 s), so that processes which only plan or list never pay for it.
 * `require`, since the package is CommonJS whose names an `import` cannot see.
 */
export function tfjs(): Tf {
  if (loaded === undefined) {
    loaded = require("@tensorflow/tfjs") as Tf;
    // Drops TF.js's advice to install tfjs-node, and checks that double the cost of small operations.
    loaded.enableProdMode();
  }
  return loaded;
}
