import { availableParallelism, totalmem } from "node:os";
import type { Environment } from "@shadowfarm/core/environment";
import type { Abilities } from "@shadowfarm/core/pool";
import type { Gpu } from "./gpus.ts";

/** What a worker has, and thereby what it can do. */
export interface Resources extends Abilities {
  /** Jobs at a time. */
  slots: number;
  /** GPUs among which its compute processes are divided; empty: they use none, or whatever the engine finds. */
  devices: string[];
}

type Wanted = Pick<Environment, "SHADOWFARM_WORKERS" | "SHADOWFARM_LABELS" | "SHADOWFARM_MEMORY">;

/** One job at a time for each GPU that the engine uses, else for each core; the machine's memory in equal parts. */
export function resourcesOf(wanted: Wanted, engine: string, gpus: readonly Gpu[], memory = usableMemory()): Resources {
  const onGpu = usesGpu(engine);
  const own = onGpu ? gpus : [];
  const slots = wanted.SHADOWFARM_WORKERS ?? (own.length || availableParallelism());
  const smallest = Math.min(...own.map((gpu) => gpu.memory / 1_024));
  const each =
    own.length > 0 && wanted.SHADOWFARM_MEMORY === undefined
      ? smallest / Math.ceil(slots / own.length)
      : (wanted.SHADOWFARM_MEMORY ?? memory / 2 ** 30) / slots;
  return {
    engine,
    slots,
    devices: own.map(({ device }) => device),
    labels: [...new Set([onGpu ? "gpu" : "cpu", ...wanted.SHADOWFARM_LABELS])].sort(),
    memory: Math.floor(each),
  };
}

export function usesGpu(engine: string): boolean {
  return engine === "onnx-cuda" || engine === "tensorflow-gpu";
}

/** Bytes that this process and its children may use: a container's limit, or the machine's memory. */
function usableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
