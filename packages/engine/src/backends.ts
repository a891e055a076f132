import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import { eagerEngine } from "./eager.ts";
import type { Engine } from "./engine.ts";
import { tfjs } from "./tfjs.ts";

/** The ways of computing, best first. */
export const engineNames = ["wasm", "cpu"] as const;
export type EngineName = (typeof engineNames)[number];

/** What a person may ask for. */
export type EngineChoice = "auto" | EngineName;

/** How an engine is started; a record of functions, so that a test can let one fail. */
export type Starters = Readonly<Record<EngineName, () => Promise<Engine>>>;

/** The engine that a choice stands for. Loads nothing: planning needs the name alone, as a part of every key. */
export function engineFor(choice: EngineChoice): EngineName {
  return choice === "auto" ? engineNames[0] : choice;
}

/**
 * Starts an engine: the named one, or with `auto` the first that loads. One process may hold several.
 *
 * @throws {EnvironmentFault} when the named engine, or with `auto` every engine, does not load; it says why.
 */
export async function openEngine(choice: EngineChoice, starters: Starters = defaultStarters): Promise<Engine> {
  const reasons: string[] = [];
  for (const name of choice === "auto" ? engineNames : [choice]) {
    try {
      return await starters[name]();
    } catch (error) {
      reasons.push(`engine "${name}" does not load: ${messageOf(error)}`);
    }
  }
  const remedy = choice === "auto" || choice === "cpu" ? "reinstall with npm ci" : 'choose engine "cpu"';
  throw new EnvironmentFault(`${reasons.join("; ")}; ${remedy}`);
}

const defaultStarters: Starters = {
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
