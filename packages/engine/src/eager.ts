import { toTensors } from "./arrays.ts";
import { eagerFn } from "./eager-fn.ts";
import { eagerLoop } from "./eager-loop.ts";
import { eagerStep } from "./eager-step.ts";
import type { Engine } from "./engine.ts";
import { tfjs } from "./tfjs.ts";

/**
 * An engine that runs TF.js operation by operation on one of its backends, which must have been started. Training data,
 * weights and optimizer state stay in the backend. Two runs give identical bits.
 */
export function eagerEngine(name: string, backend = name): Engine {
  const tf = tfjs();
  // TF.js has one current backend for the whole process; two engines in one process take turns. `setBackend` is
  // asynchronous only for a backend that was not started yet.
  const activate = (): void => {
    if (tf.getBackend() !== backend) void tf.setBackend(backend);
  };
  return {
    name,
    packs: false,
    compileLoop(program) {
      activate();
      return eagerLoop(activate, program);
    },
    compileFn(weights, fn) {
      activate();
      return eagerFn(activate, toTensors(weights), fn);
    },
    compileStep: (inputs, fn) => eagerStep(activate, inputs, fn),
  };
}
