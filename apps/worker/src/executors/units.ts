import type { UnitUse } from "@shadowfarm/core/catalog";
import { EnvironmentFault } from "@shadowfarm/core/errors";
import { type EngineOptions, engineNames, openEngine } from "@shadowfarm/engine/backends";
import type { Engine } from "@shadowfarm/engine/engine";
import { attacks } from "@shadowfarm/ml/attacks/index";
import { type BoundDefense, bound } from "@shadowfarm/ml/bound-defense";
import type { Defense } from "@shadowfarm/ml/defense";
import { defenses } from "@shadowfarm/ml/defenses/index";
import { models } from "@shadowfarm/ml/models/index";
import { probes } from "@shadowfarm/ml/probes/index";
import type { Attack, Model, Probe } from "@shadowfarm/ml/unit";

export const attackNamed = (use: UnitUse): Attack => lookUp("attack", attacks as Readonly<Record<string, Attack>>, use);
const defenseNamed = (use: UnitUse): Defense => lookUp("defense", defenses as Readonly<Record<string, Defense>>, use);
/**
 * A defense with its parameters.
 *
 * @throws {EnvironmentFault} as all of these, when this worker has none of that version.
 */
export const defenseUsed = (use: UnitUse): BoundDefense => bound(defenseNamed(use), use.params);
export const modelNamed = (use: UnitUse): Model => lookUp("model", models as Readonly<Record<string, Model>>, use);
export const probeNamed = (use: UnitUse): Probe => lookUp("probe", probes as Readonly<Record<string, Probe>>, use);

/** A key promises the numbers of one version of a unit, so a worker with another must not compute it. */
function lookUp<U extends { version: number }>(
  kind: string,
  units: Readonly<Record<string, U>>,
  { name, version }: UnitUse,
): U {
  const unit = units[name];
  if (unit?.version !== version) {
    throw new EnvironmentFault(
      `the job wants ${kind} ${name} version ${version}, but this worker has ${unit ? `version ${unit.version}` : "none"}; run the same Shadowfarm everywhere`,
    );
  }
  return unit;
}

const opened = new Map<string, Promise<Engine>>();

/** @throws {EnvironmentFault} when there is no such engine, or it does not run here. */
export function openNamedEngine(name: string, options: EngineOptions): Promise<Engine> {
  const engine = engineNames.find((known) => known === name);
  if (!engine)
    throw new EnvironmentFault(
      `the job wants engine ${name}, which this worker does not know; it has ${engineNames.join(", ")}`,
    );
  const started = opened.get(name) ?? openEngine(engine, options);
  opened.set(name, started);
  return started;
}
