import type { AttackNeeds, AttackSetting, ShadowGroup } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import { trainingSchema } from "@shadowfarm/core/training";
import { z } from "zod";
import type { ImportedAnswers } from "./imported-answers.ts";
import { labelsOnly } from "./query.ts";
import type { Answers, Attack, AttackInput } from "./unit.ts";

type Params = Record<string, unknown>;

/** An attack that imported answers suffice for. */
export interface ReadyAttack {
  /** All of them; those that count models or records are as many as there are, unless they were given. */
  params: Params;
  input: AttackInput;
}

/**
 * What an attack is given of imported answers: of the models besides the target as many as it needs, as its shadows and as
 * its references.
 *
 * @param given parameters that its schema accepts
 * @throws {InvalidInput} when it needs what is not there: what that is, and what to do.
 */
export function readyFor(attack: Attack, given: Readonly<Params>, answers: ImportedAnswers): ReadyAttack {
  const { params, needs } = settled(attack, given, answers);
  const lacks = lacksOf(needs, answers);
  if (lacks.length === 0) return { params, input: inputOf(needs, answers) };
  const whats = lacks.map(({ what }) => what).join(", and ");
  const supplies = lacks.map(({ supply }) => supply).filter((supply) => supply !== null);
  const remedies = [
    ...mendedBy(attack, given, answers),
    // What files can only mend in part need not be given.
    ...(supplies.length === lacks.length ? [`give ${supplies.join(", and ")}`] : []),
  ];
  throw new InvalidInput(`it needs ${whats}; ${remedies.join(", or ") || "use another attack"}`);
}

/** All parameters, and what the attack then needs. */
function settled(
  attack: Attack,
  given: Readonly<Params>,
  answers: ImportedAnswers,
): { params: Params; needs: AttackNeeds } {
  const models = answers.others.length;
  const population = answers.population?.target.labels.length ?? 0;
  // Some attacks take even numbers alone.
  const counts = "shadows" in given || models < 2 ? [models] : [models, models - 1];
  let refusal = "";
  for (const shadows of counts) {
    try {
      const params = attack.params.parse({ ...filled(attack.params, { shadows, population }), ...given });
      return { params, needs: attack.needs(params, settingOf(answers)) };
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      refusal = error.message;
    }
  }
  const isOurs = refusal.startsWith("shadows is") && !("shadows" in given);
  const context = `with ${models === 1 ? "1 model" : `${models} models`} besides the target, `;
  throw new InvalidInput(`${isOurs ? context : ""}${refusal}`);
}

/**
 * The parameters that follow from the files: the given counts, as far as a parameter of that name goes, and for names that
 * only an experiment could give a word that lets the attack say what it would need.
 */
function filled(schema: z.ZodObject, counts: Readonly<Record<string, number>>): Params {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input" });
  const params: Params = Object.fromEntries(required.map((name) => [name, "another"]));
  for (const [name, count] of Object.entries(counts)) {
    const property = properties[name];
    if (typeof property !== "object" || count === 0) continue;
    params[name] = Math.min(count, property.maximum ?? count);
  }
  return params;
}

/** A target of which little is known: as nothing is refused for what it is, all that an attack asks for is in its needs. */
function settingOf({ target }: ImportedAnswers): AttackSetting {
  const input = { kind: "image", shape: [1, 1, 1], low: 0, high: 1 } as const;
  return {
    dataset: {
      ...{ name: "the files", title: "Answers from files", paper: "", version: 1, params: z.strictObject({}) },
      ...{ kind: "image", classes: target.classes, records: target.labels.length, licence: "", downloads: [] },
      input: () => input,
      encoding: () => ({ kind: "none" }),
    },
    model: { name: "unknown", version: 1, params: {} },
    training: trainingSchema.parse({}),
    // Which model was trained on which record is in the files, whatever it was dealt out by.
    split: "halves",
    side: target.labels.length,
  };
}

/** Something that an attack asks for and that is not there. */
interface Lack {
  what: string;
  /** What files would have to be given; null for what files cannot hold. */
  supply: string | null;
}

function lacksOf(needs: AttackNeeds, { others, population }: ImportedAnswers): Lack[] {
  const { shadows = [], references = 0, views = 1, randomPoints = 0, probe } = needs;
  const lacks: Lack[] = [];
  const unlike = shadows.map(unlikenessOf).find((what) => what !== null);
  const models = Math.max(countOf(shadows), references);
  if (unlike !== undefined) lacks.push({ what: unlike, supply: null });
  else if (models > others.length && others.length === 0) {
    lacks.push({
      what: "models besides the target whose membership is known",
      supply: "posteriors and membership of several models",
    });
  } else if (models > others.length) {
    lacks.push({ what: `${models} models besides the target, and there are ${others.length}`, supply: "more models" });
  }
  const outside = population?.target.labels.length ?? 0;
  if ((needs.population ?? 0) > outside) {
    lacks.push(
      outside === 0
        ? { what: "population records", supply: "population posteriors and labels" }
        : { what: `${needs.population} population records, and there are ${outside}`, supply: "more of them" },
    );
  }
  if (randomPoints > 0) lacks.push({ what: "the target's answers on random points", supply: null });
  if (probe) lacks.push({ what: "the target itself, to ask it again and again", supply: null });
  if (views > 1) lacks.push({ what: `answers on ${views} views of each record`, supply: null });
  return lacks;
}

/** In what a group of shadows is not like the target, as those of the files are. */
function unlikenessOf({ dataset, model, training, records }: ShadowGroup): string | null {
  if (dataset !== undefined) return "shadow models of another dataset";
  if (records !== undefined) return "shadow models of records that are noisy or made up";
  if (training !== undefined) return "shadow models that are trained otherwise than the target";
  return model === undefined ? null : `shadow models of another kind (${model.name})`;
}

function countOf(groups: readonly ShadowGroup[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

/** The first single change of the parameters under which the answers suffice: one given less, or another choice. */
function mendedBy(attack: Attack, given: Readonly<Params>, answers: ImportedAnswers): string[] {
  const omissions = Object.keys(given).map((key) => {
    const { [key]: _, ...rest } = given;
    return { remedy: `leave out ${key}`, params: rest };
  });
  const { properties = {} } = z.toJSONSchema(attack.params);
  const choices = Object.entries(properties).flatMap(([key, property]) => {
    const values = (typeof property === "object" && property.enum) || [];
    return values.map((value) => ({
      remedy: `use ${attack.name}:${key}=${value}`,
      params: { ...given, [key]: value },
    }));
  });
  const works = ({ params }: { params: Params }) => {
    try {
      return lacksOf(settled(attack, params, answers).needs, answers).length === 0;
    } catch (error) {
      if (error instanceof InvalidInput) return false;
      throw error;
    }
  };
  const found = [...omissions, ...choices].find(works);
  return found ? [found.remedy] : [];
}

function inputOf(needs: AttackNeeds, { target, others, population }: ImportedAnswers): AttackInput {
  const { access, shadows = [], references = 0, population: count = 0 } = needs;
  const seen = <A extends Answers>(answers: A): A =>
    access === "labels" ? { ...answers, posteriors: labelsOnly(answers.posteriors, answers.classes) } : answers;
  const first = (answers: Answers): Answers => ({
    ...answers,
    labels: answers.labels.subarray(0, count),
    posteriors: answers.posteriors.subarray(0, count * answers.classes),
  });
  return {
    target: seen(target),
    shadows: others.slice(0, countOf(shadows)).map(seen),
    references: others.slice(0, references).map(seen),
    population:
      population && count > 0
        ? {
            target: seen(first(population.target)),
            references: population.references
              .slice(0, references)
              .map((answers) => ({ ...seen(first(answers)), isMember: answers.isMember.subarray(0, count) })),
          }
        : null,
    randomPoints: null,
  };
}
