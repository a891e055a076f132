import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import { eagerEngine } from "./eager.ts";
import type { Engine } from "./engine.ts";
import { shortened } from "./gpu-needs.ts";
import { startOnnx } from "./onnx/engine.ts";
import { startTensorflow } from "./tensorflow.ts";
import { tfjs } from "./tfjs.ts";

/** The ways of computing, best first. */
export const engineNames = ["tensorflow-gpu", "onnx-cuda", "onnx", "tensorflow", "wasm", "cpu"] as const;
export type EngineName = (typeof engineNames)[number];

/** What a person may ask for. */
export type EngineChoice = "auto" | EngineName;

export interface EngineOptions {
  /** Whether compiled programs may use ONNX Runtime's internal image layout, where a probe finds that it works. */
  nchwc?: boolean;
}

/** How an engine is started; a record of functions, so that a test can let one fail. */
export type Starters = Readonly<Record<EngineName, (options: Required<EngineOptions>) => Promise<Engine>>>;

/** One engine that was tried. */
export interface Tried {
  name: EngineName;
  engine: Engine | null;
  /** Why it does not run here. */
  reason: string | null;
}

/**
 * Starts an engine: the named one, or with `auto` the first that loads. One process may hold several.
 *
 * @throws {EnvironmentFault} when the named engine, or with `auto` every engine, does not load; it says why.
 */
export async function openEngine(
  choice: EngineChoice,
  options: EngineOptions = {},
  starters: Starters = defaultStarters,
): Promise<Engine> {
  const reasons: string[] = [];
  for (const name of choice === "auto" ? engineNames : [choice]) {
    const { engine, reason } = await tryEngine(name, options, starters);
    if (engine) return engine;
    reasons.push(`engine "${name}" does not run here: ${reason}`);
  }
  const remedy = choice === "auto" || choice === "cpu" ? "reinstall with npm ci" : 'choose engine "auto"';
  throw new EnvironmentFault(`${reasons.join("; ")}; ${remedy}`);
}

/**
 * The engine that a choice stands for, a part of every key. Does not load TF.js, unless only that runs.
 *
 * @param here whether a named engine must run on this machine, or on another one, which planning cannot ask.
 * @throws {EnvironmentFault} when it must and does not.
 */
export async function chooseEngine(choice: EngineChoice, here: boolean): Promise<EngineName> {
  if (choice !== "auto" && !here) return choice;
  // Without the probe of the image layout, which is nobody's concern here.
  return (await openEngine(choice, { nchwc: false })).name as EngineName;
}

/** Tries one engine. */
export async function tryEngine(
  name: EngineName,
  { nchwc = true }: EngineOptions = {},
  starters: Starters = defaultStarters,
): Promise<Tried> {
  try {
    return { name, engine: await starters[name]({ nchwc }), reason: null };
  } catch (error) {
    return { name, engine: null, reason: shortened(messageOf(error)) };
  }
}

const defaultStarters: Starters = {
  "tensorflow-gpu": () => startTensorflow(true),
  "onnx-cuda": (options) => startOnnx("cuda", options),
  onnx: (options) => startOnnx("cpu", options),
  tensorflow: () => startTensorflow(false),
  async wasm() {
    const { startWasm } = await import("./wasm.ts");
    await startWasm();
    return eagerEngine("wasm");
  },
  async cpu() {
    if (!(await tfjs().setBackend("cpu"))) throw new Error("TF.js refused its backend");
    return eagerEngine("cpu");
  },
};
