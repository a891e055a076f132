import type { UnitUse } from "@shadowfarm/core/catalog";
import { InvalidInput, messageOf } from "@shadowfarm/core/errors";
import type { Training } from "@shadowfarm/core/training";
import type { AnswerContext, Built, DefendedNetwork, Defense, DefenseUse, School } from "./defense.ts";
import type { Layer } from "./network.ts";
import type { Objective } from "./objective.ts";

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

/** @throws {InvalidInput} when defenses that it combines cannot be. */
export function bound(unit: Defense, params: Record<string, unknown>): BoundDefense {
  if (unit.combines) return together(membersOf({ unit, params }));
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

/** Hooks of which several defenses together can have only one, and what each of them does. */
const exclusive = {
  build: "trains by means of its own",
  objective: "minimises a loss of its own",
  targets: "sets the targets of training",
} as const;

/** Those that a defense combines, in their order, members of a combination within it among them. */
function membersOf(member: DefenseUse): DefenseUse[] {
  return member.unit.combines?.(member.params).flatMap(membersOf) ?? [member];
}

/** The hooks of all members, each given what the one before it made. */
function together(members: readonly DefenseUse[]): BoundDefense {
  const all = members.map(({ unit, params }) => ({ name: unit.name, hooks: bound(unit, params) }));
  checkTogether(all);
  const hooks = all.map((member) => member.hooks);
  const { model, training } = changesOf(hooks);
  const answers = hooks.flatMap(({ posteriors }) => posteriors ?? []);
  return {
    ...Object.assign({}, ...hooks),
    ...(hooks.some((one) => one.model) && { model }),
    ...(hooks.some((one) => one.training) && { training }),
    reference: (side) => Math.max(...hooks.map(({ reference }) => reference(side))),
    check(defended) {
      // Each has to defend what the others make of the network and its training; its own changes are no surprise to it.
      for (const { name, hooks: own } of all) {
        const others = changesOf(hooks.filter((other) => other !== own));
        const changed = {
          ...defended,
          layers: others.model([...defended.layers]),
          training: others.training(defended.training),
        };
        try {
          own.check(changed);
        } catch (error) {
          throw new InvalidInput(`${name}: ${messageOf(error)}`);
        }
      }
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

/** What several defenses make of a network and of its training, one after another. */
function changesOf(hooks: readonly BoundDefense[]) {
  return {
    model: (layers: Layer[]) => hooks.reduce((made, { model }) => model?.(made) ?? made, layers),
    training: (given: Training) => hooks.reduce((made, { training }) => training?.(made) ?? made, given),
  };
}

/**
 * Only one of them may have any of the exclusive hooks. Models that are trained by means of their own would not all heed another's
 * loss or targets, and a loss of its own may be about the labels alone (RelaxLoss, all bounds).
 */
function checkTogether(all: readonly { name: string; hooks: BoundDefense }[]): void {
  const names = Object.keys(exclusive) as (keyof typeof exclusive)[];
  for (const [at, one] of all.entries()) {
    for (const other of all.slice(at + 1)) {
      if (one.name === other.name) throw new InvalidInput(`${one.name} is named twice; remove one`);
      const [own, others] = [one, other].map(({ hooks }) => names.filter((name) => hooks[name])) as [
        typeof names,
        typeof names,
      ];
      const [first, second] = [own[0], others[0]];
      if (!first || !second) continue;
      const both = own.find((name) => others.includes(name));
      const why = both
        ? `each ${exclusive[both]}`
        : `${one.name} ${exclusive[first]}, and ${other.name} ${exclusive[second]}`;
      throw new InvalidInput(`${one.name} and ${other.name} cannot be combined: ${why}; use one of them`);
    }
  }
}
