import { InvalidInput } from "@shadowfarm/core/errors";
import { isShape } from "@shadowfarm/engine/arrays";
import type { NpyArray } from "./npy.ts";
import type { Answers } from "./unit.ts";

/** An array, and the file that it came from. */
export interface ImportedArray extends NpyArray {
  file: string;
}

/** What models answered on some records. */
export interface AnswerArrays {
  posteriors: ImportedArray; // records × classes of one model, or models × records × classes
  labels: ImportedArray; // records; 0 … classes − 1
}

/** A softmax in float32 sums to 1 within far less; what was printed with few digits, within this. */
const SUM_TOLERANCE = 1e-3;

/**
 * Each model's answers.
 *
 * @throws {InvalidInput} naming file, model and record, for posteriors that are no distribution and labels that are no class.
 */
export function answersOf({ posteriors, labels }: AnswerArrays): Answers[] {
  const { file, shape } = posteriors;
  const [models, records, classes] = shape.length === 2 ? [1, ...shape] : shape;
  if (!models || !records || !classes || classes < 2 || shape.length > 3) {
    throw new InvalidInput(
      `${file} has the shape ${shown(shape)}; give records × classes, or models × records × classes, of two classes or more`,
    );
  }
  const values = posteriors.data instanceof Float64Array ? posteriors.data : Float64Array.from(posteriors.data, Number);
  checkPosteriors(values, classes, (row) => {
    const model = placeIn(posteriors, models, Math.floor(row / records));
    return `${model}, record ${row % records}`;
  });
  const size = records * classes;
  const of = labelsOf(labels, records, classes, file);
  return Array.from({ length: models }, (_, model) => ({
    classes,
    views: 1,
    labels: of,
    posteriors: values.subarray(model * size, (model + 1) * size),
  }));
}

function checkPosteriors(values: Float64Array, classes: number, placeOf: (row: number) => string): void {
  for (let from = 0; from < values.length; from += classes) {
    let sum = 0;
    for (let at = 0; at < classes; at++) {
      const value = values[from + at] as number;
      if (!(value >= 0 && value <= 1)) {
        const remedy = Number.isFinite(value)
          ? "give probabilities; of logits, their softmax"
          : "correct it, or leave the record out";
        throw new InvalidInput(`${placeOf(from / classes)}: the posterior of class ${at} is ${value}; ${remedy}`);
      }
      sum += value;
    }
    if (Math.abs(sum - 1) > SUM_TOLERANCE) {
      const isLogits = values.some((value) => value < 0 || value > 1);
      const remedy = isLogits ? "they look like logits: give their softmax" : "give the posteriors of all classes";
      throw new InvalidInput(
        `${placeOf(from / classes)}: the posteriors sum to ${Number(sum.toPrecision(6))}, not 1; ${remedy}`,
      );
    }
  }
}

function labelsOf(
  { file, shape, data }: ImportedArray,
  records: number,
  classes: number,
  answered: string,
): Int32Array {
  if (shape.length > 1 && !isShape(shape, [data.length, 1])) {
    throw new InvalidInput(`${file} has the shape ${shown(shape)}; give one label a record, a number and not one-hot`);
  }
  if (data.length !== records) {
    throw new InvalidInput(`${file} has ${data.length} labels for ${records} records in ${answered}; give one each`);
  }
  const values = Float64Array.from(data, Number);
  const record = values.findIndex((value) => !Number.isInteger(value) || value < 0 || value >= classes);
  if (record < 0) return Int32Array.from(values);
  const isFromOne = values.every((value) => Number.isInteger(value) && value >= 1 && value <= classes);
  const remedy = isFromOne ? "these begin at 1: subtract 1 from all" : "correct it";
  throw new InvalidInput(
    `${file}, record ${record}: the label is ${values[record]}, not a whole number from 0 to ${classes - 1}, for ${answered} has ${classes} classes; ${remedy}`,
  );
}

/** Each model's membership; models × records. Errors as `answersOf`. */
export function membershipOf(
  membership: ImportedArray,
  models: number,
  records: number,
  answered: ImportedArray,
): Uint8Array[] {
  const { file, shape, data } = membership;
  const isOneModels = models === 1 && (isShape(shape, [records]) || isShape(shape, [records, 1]));
  if (!isOneModels && !isShape(shape, [models, records])) {
    const wanted = models === 1 ? `${records} flags, one a record` : `models × records, ${shown([models, records])}`;
    const remedy = isShape(shape, [records, models]) ? "transpose it" : `give ${wanted}`;
    throw new InvalidInput(
      `${file} has the shape ${shown(shape)}, but ${answered.file} ${shown(answered.shape)}; ${remedy}`,
    );
  }
  const values = Float64Array.from(data, Number);
  const strange = values.findIndex((value) => value !== 0 && value !== 1);
  if (strange >= 0) {
    const place = `${placeIn(membership, models, Math.floor(strange / records))}, record ${strange % records}`;
    throw new InvalidInput(`${place}: membership is ${values[strange]}; give 1 for a member and 0 for a non-member`);
  }
  const flags = Uint8Array.from(values);
  return Array.from({ length: models }, (_, model) => flags.subarray(model * records, (model + 1) * records));
}

/** The file, and which of its models if there are several. */
export function placeIn({ file }: ImportedArray, models: number, model: number): string {
  return models === 1 ? file : `${file}, model ${model}`;
}

/** A shape, for messages. */
export function shown(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
