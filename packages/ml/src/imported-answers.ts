import { InvalidInput } from "@shadowfarm/core/errors";
import { type AnswerArrays, answersOf, type ImportedArray, membershipOf, placeIn, shown } from "./imported-arrays.ts";
import type { Answers, AttackInput, KnownAnswers } from "./unit.ts";

/** Answers that were made elsewhere, as they arrive. */
export interface ImportedArrays extends AnswerArrays {
  membership: ImportedArray; // records, or models × records; 1 for a training record
  /** The same models' answers on records that none of them was trained on. */
  population: AnswerArrays | null;
}

/** The same for attacks. */
export interface ImportedAnswers {
  target: Answers;
  /** The truth about the target, which no attack is shown. */
  isMember: Uint8Array; // records
  /** Which of the models the target is. */
  targetModel: number;
  /** The attacker's models, on the target's records. */
  others: readonly KnownAnswers[];
  population: AttackInput["population"];
}

/**
 * Checks arrays of answers, and tells the target from the attacker's models: the last one, unless another is named.
 * Models and records are counted from 0.
 *
 * @throws {InvalidInput} naming file, model and record, for shapes that do not fit each other, posteriors that are no
 *   distribution, labels that are no class, membership that is neither 0 nor 1, and a target whose records are of one side.
 */
export function importAnswers(arrays: ImportedArrays, target?: number): ImportedAnswers {
  const { posteriors, membership, population } = arrays;
  const answers = answersOf(arrays);
  const models = answers.length;
  const targetModel = target ?? models - 1;
  const own = answers[targetModel];
  if (!own) {
    const held = models === 1 ? "one model, 0" : `models 0 … ${models - 1}`;
    throw new InvalidInput(`the target cannot be model ${targetModel}: ${posteriors.file} holds ${held}; name another`);
  }
  const flags = membershipOf(membership, models, own.labels.length, posteriors);
  const isMember = flags[targetModel] as Uint8Array;
  checkSides(isMember, placeIn(membership, models, targetModel));
  const known = answers.map((answered, model) => ({ ...answered, isMember: flags[model] as Uint8Array }));
  return {
    target: own,
    isMember,
    targetModel,
    others: without(targetModel, known),
    population: population && populationOf(population, answers, targetModel, posteriors),
  };
}

function checkSides(isMember: Uint8Array, place: string): void {
  const members = isMember.reduce((sum, flag) => sum + flag, 0);
  if (members > 0 && members < isMember.length) return;
  const side = members === 0 ? "non-members" : "members";
  throw new InvalidInput(
    `${place}: all ${isMember.length} records are ${side} of the target; give both, or name another target`,
  );
}

/** Its records are of no model's training. */
function populationOf(
  arrays: AnswerArrays,
  judged: readonly Answers[],
  targetModel: number,
  { file }: ImportedArray,
): NonNullable<AttackInput["population"]> {
  const answers = answersOf(arrays).map((answered) => ({
    ...answered,
    isMember: new Uint8Array(answered.labels.length),
  }));
  const { shape, file: own } = arrays.posteriors;
  const [models, classes] = [judged.length, judged[0]?.classes];
  if (answers.length !== models || answers[0]?.classes !== classes) {
    throw new InvalidInput(
      `${own} has the shape ${shown(shape)}, but ${file} ${models} models and ${classes} classes; give the same models' posteriors`,
    );
  }
  return { target: answers[targetModel] as KnownAnswers, references: without(targetModel, answers) };
}

function without<T>(place: number, all: readonly T[]): T[] {
  return all.filter((_, at) => at !== place);
}
