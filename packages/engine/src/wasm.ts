import { createRequire } from "node:module";
import { tfjs } from "./tfjs.ts";
import { registerWasmKernels } from "./wasm-kernels.ts";

const require = createRequire(import.meta.url);
let started: Promise<void> | undefined;

/**
 * Makes TF.js's WebAssembly backend ready for training, once a process. One thread: sums then always run in the same
 * order, and the farm gives every core a process of its own.
 */
export function startWasm(): Promise<void> {
  started ??= start();
  return started;
}

async function start(): Promise<void> {
  const tf = tfjs();
  const wasm = require("@tensorflow/tfjs-backend-wasm") as typeof import("@tensorflow/tfjs-backend-wasm");
  wasm.setThreadsCount(1);
  registerWasmKernels(tf);
  if (!(await tf.setBackend("wasm"))) throw new Error("WebAssembly is not available");
}
