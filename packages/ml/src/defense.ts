import type { UnitUse } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import type { Training } from "@shadowfarm/core/training";
import type { Layer } from "./network.ts";
import type { Objective } from "./objective.ts";
import type { AnswerContext, Built, DefendedNetwork, Defense, School } from "./unit.ts";

/** A defense with its parameters: the hooks of `Defense` without them. One that combines others has the hooks of all. */
export interface BoundDefense {
  model?(layers: Layer[]): Layer[];
  training?(training: Training): Training;
  targets?(labels: Int32Array, classes: number): Float32Array;
  objective?: Objective;
  build?(school: School): Promise<Built>;
  reference(side: number): number;
  check(defended: DefendedNetwork): void;
  posteriors?(posteriors: Float32Array, classes: number, context: AnswerContext): Promise<Float32Array>;
}

/** One of several defenses that are used together. */
export interface Member {
  unit: Defense;
  params: Record<string, unknown>;
}

/** @throws {InvalidInput} when defenses that it combines cannot be. */
export function bound(unit: Defense, params: Record<string, unknown>): BoundDefense {
  const members = unit.combines?.(params);
  if (members) return together(members);
  const { model, training, targets, objective, build, posteriors } = unit;
  return {
    ...(model && { model: (layers) => model(layers, params) }),
    ...(training && { training: (given) => training(given, params) }),
    ...(targets && { targets: (labels, classes) => targets(labels, classes, params) }),
    ...(objective && { objective: objective(params) }),
    ...(build && { build: (school) => build(school, params) }),
    reference: (side) => unit.reference?.(params, side) ?? 0,
    check: (defended) => unit.check?.(defended, params),
    ...(posteriors && { posteriors: async (given, classes, context) => posteriors(given, classes, params, context) }),
  };
}

/** Whether models are trained otherwise under it; if not, it only changes answers. */
export function changesTraining({ model, training, targets, objective, build }: BoundDefense): boolean {
  return [model, training, targets, objective, build].some((hook) => hook !== undefined);
}

/** What of a defense changes how models are trained, with its defaults for what only changes answers; null when nothing does. */
export function trainedUnder(unit: Defense, params: Record<string, unknown>): UnitUse | null {
  const members = unit.combines?.(params);
  if (members) {
    const uses = members.flatMap((member) => trainedUnder(member.unit, member.params) ?? []);
    const [first, second] = uses.map(({ name, params }) => ({ name, ...params }));
    if (!second) return uses[0] ?? null;
    return { name: unit.name, version: unit.version, params: { first, second } };
  }
  if (!changesTraining(bound(unit, params))) return null;
  const kept = Object.entries(params).filter(([name]) => !unit.answersOnly?.includes(name));
  return { name: unit.name, version: unit.version, params: unit.params.parse(Object.fromEntries(kept)) };
}

/** Hooks that only one of several defenses can have, and what each of them does. */
const exclusive = {
  build: "trains by means of its own",
  objective: "minimises a loss of its own",
  targets: "sets the targets of training",
} as const;

/** The hooks of all members, each given what the one before it made. */
function together(members: readonly Member[]): BoundDefense {
  const all = members.map(({ unit, params }) => ({ name: unit.name, hooks: bound(unit, params) }));
  checkTogether(all);
  const hooks = all.map((member) => member.hooks);
  const models = hooks.flatMap(({ model }) => model ?? []);
  const trainings = hooks.flatMap(({ training }) => training ?? []);
  const answers = hooks.flatMap(({ posteriors }) => posteriors ?? []);
  const model = (layers: Layer[]) => models.reduce((made, change) => change(made), layers);
  const training = (given: Training) => trainings.reduce((made, change) => change(made), given);
  return {
    ...Object.assign({}, ...hooks),
    ...(models.length > 0 && { model }),
    ...(trainings.length > 0 && { training }),
    reference: (side) => Math.max(...hooks.map(({ reference }) => reference(side))),
    check(defended) {
      const changed = { ...defended, layers: model([...defended.layers]), training: training(defended.training) };
      for (const { check } of hooks) check(changed);
    },
    ...(answers.length > 0 && {
      async posteriors(given: Float32Array, classes: number, context: AnswerContext) {
        let made = given;
        for (const change of answers) made = await change(made, classes, context);
        return made;
      },
    }),
  };
}

function checkTogether(all: readonly { name: string; hooks: BoundDefense }[]): void {
  const names = Object.keys(exclusive) as (keyof typeof exclusive)[];
  for (const [at, one] of all.entries()) {
    for (const other of all.slice(at + 1)) {
      if (one.name === other.name) throw new InvalidInput(`${one.name} is named twice; remove one`);
      for (const hook of names) {
        const both = one.hooks[hook] && other.hooks[hook];
        // What is trained by means of its own would not heed the other's loss or targets in all that it trains.
        const ignored =
          hook !== "build" && ((one.hooks.build && other.hooks[hook]) || (one.hooks[hook] && other.hooks.build));
        if (!both && !ignored) continue;
        const [builder, loser] = one.hooks.build ? [one, other] : [other, one];
        const why = both
          ? `each ${exclusive[hook]}`
          : `${builder.name} ${exclusive.build}, and ${loser.name} ${exclusive[hook]}`;
        throw new InvalidInput(`${one.name} and ${other.name} cannot be combined: ${why}; use one of them`);
      }
    }
  }
}
