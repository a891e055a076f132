import { createRequire } from "node:module";
import type { InferenceSession } from "onnxruntime-node";
import { encodeModel } from "./encode.ts";
import type { Graph } from "./graph.ts";

type Ort = typeof import("onnxruntime-node");

const require = createRequire(import.meta.url);
let loaded: Ort | undefined;

/** ONNX Runtime, loaded at the first call (50 ms). */
export function onnxruntime(): Ort {
  if (loaded === undefined) {
    loaded = require("onnxruntime-node") as Ort;
    // What goes wrong is thrown too; on standard error it would only frighten, as when a provider is tried.
    loaded.env.logLevel = "fatal";
  }
  return loaded;
}

export type Provider = "cpu" | "cuda";

/** Where graphs run, and what they may use there. */
export interface Target {
  provider: Provider;
  /** Channels in a block of ONNX Runtime's internal image layout, as probed; 0 to do without it. */
  block: number;
}

/**
 * Makes a graph ready to run. One thread: sums then always run in the same order, and the farm gives every core a process
 * of its own.
 *
 * @throws {Error} ONNX Runtime's own, when it refuses the graph or cannot load the provider.
 */
export async function openSession(graph: Graph, provider: Provider): Promise<InferenceSession> {
  return onnxruntime().InferenceSession.create(encodeModel(graph), {
    executionProviders: [provider],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    logSeverityLevel: 4,
    // Moments of weights without gradients decay into denormal numbers, with which processors are some ten times slower.
    extra: { session: { set_denormal_as_zero: "1" } },
  });
}

/** Frees a session, once it is open; whoever runs it has heard if it never is. */
export function release(session: Promise<InferenceSession>): void {
  void session.then(
    (open) => open.release(),
    () => {},
  );
}
