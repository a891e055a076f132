import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import type { Engine } from "../engine.ts";
import { compileFn } from "./compile-fn.ts";
import { compileLoop } from "./compile-loop.ts";
import { compileStep } from "./compile-step.ts";
import { Graph } from "./graph.ts";
import { probeBlock } from "./nchwc.ts";
import { onnxruntime, openSession, type Provider, type Target } from "./runtime.ts";

/**
 * An engine that compiles TF.js programs to ONNX graphs. TF.js itself is loaded when the first one is traced. Two runs
 * give identical bits on one machine; another processor, or another block of the image layout, may round differently.
 *
 * @throws {EnvironmentFault} when ONNX Runtime, or the provider that was asked for, does not load.
 */
export async function startOnnx(provider: Provider, { nchwc }: { nchwc: boolean }): Promise<Engine> {
  await tryProvider(provider);
  const target: Target = { provider, block: nchwc && provider === "cpu" ? await probeBlock() : 0 };
  return {
    name: provider === "cpu" ? "onnx" : "onnx-cuda",
    // Tested on the CPU alone.
    packs: provider === "cpu",
    compileLoop: (program) => compileLoop(target, program),
    // ONNX Runtime brings constant weights into its internal layout by itself, and folds more of them than we could.
    compileFn: (weights, fn) => compileFn({ ...target, block: 0 }, weights, fn),
    compileStep: (inputs, fn) => compileStep(target, inputs, fn),
  };
}

/** Adds one and one: a provider may be listed and still lack its libraries, which only a session finds out. */
async function tryProvider(provider: Provider): Promise<void> {
  const graph = new Graph();
  const sum = graph.op("Add", [graph.input("float32", [1], "x"), graph.constant("float32", [1], [1])]);
  graph.output(sum, "float32", [1]);
  try {
    const session = await openSession(graph, provider);
    const { Tensor } = onnxruntime();
    const results = await session.run({ x: new Tensor("float32", Float32Array.of(1), [1]) });
    await session.release();
    if (results[sum]?.data[0] !== 2) throw new Error("1 + 1 is not 2");
  } catch (error) {
    if (provider === "cpu") throw error;
    throw new EnvironmentFault(
      `${messageOf(error)}; CUDA 12 and cuDNN 9 must be installed, and ONNX Runtime's CUDA files: ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js`,
    );
  }
}
