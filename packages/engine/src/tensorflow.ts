import { createRequire } from "node:module";
import { eagerEngine } from "./eager.ts";
import type { Engine } from "./engine.ts";
import { tfjs } from "./tfjs.ts";

const require = createRequire(import.meta.url);

/** What tfjs-node's backend tells of itself, besides being a TF.js backend. */
interface NodeBackend {
  isUsingGpuDevice?: boolean;
}

/**
 * TensorFlow through its Node binding, an optional package that is used when it is installed. The GPU package was not run
 * on a GPU here.
 *
 * @throws {Error} when the package is not installed, has no library, is another TF.js, or finds no GPU.
 */
export async function startTensorflow(gpu: boolean): Promise<Engine> {
  const name = gpu ? "@tensorflow/tfjs-node-gpu" : "@tensorflow/tfjs-node";
  try {
    require.resolve(name);
  } catch {
    throw new Error(`${name} is not installed; npm install ${name}@4.22.0`);
  }
  // TF.js first: the binding registers itself with the TF.js that it finds.
  const tf = tfjs();
  require(name);
  const backend = tf.findBackend("tensorflow") as (NodeBackend & object) | null;
  if (backend === null) throw new Error(`${name} brings a TF.js of its own; install the version ${tf.version_core}`);
  if (gpu && backend.isUsingGpuDevice !== true) throw new Error(`${name} finds no GPU`);
  return eagerEngine(gpu ? "tensorflow-gpu" : "tensorflow", "tensorflow");
}
