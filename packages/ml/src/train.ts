import { InvalidInput } from "@shadowfarm/core/errors";
import { learningRateAt } from "@shadowfarm/core/training";
import { sizeOf } from "@shadowfarm/engine/arrays";
import type { ArrayValue, Engine } from "@shadowfarm/engine/engine";
import { type TrainingProgram, trainingProgram } from "@shadowfarm/engine/training";
import type { Lesson, Recipe } from "./lesson.ts";
import { initialize, type Weights } from "./network.ts";
import { stacked, unstacked } from "./pack.ts";
import { programFor } from "./training-program.ts";

export interface TrainOptions {
  /** Compute a single model as a pack of one: a tenth slower, and then to the bit what it is in any company. */
  asPack?: boolean;
  signal?: AbortSignal | undefined;
  /** Called after each epoch, with the mean loss of each model. */
  onProgress?: ((progress: { epoch: number; epochs: number; losses: number[] }) => void) | undefined;
}

export interface Trained {
  weights: Record<string, ArrayValue>;
  losses: Float64Array; // epochs; mean loss over the epoch's records, L2 penalty included
}

/**
 * Trains a classifier: softmax cross-entropy, or the recipe's objective, plus `l2` × the sum of squared kernels. Every epoch visits every record
 * once, in a new order; what is left over after the full batches is a last, smaller batch. With fewer records than
 * `batch`, all of them are one batch.
 *
 * @throws {InvalidInput} when layers, records and labels do not fit each other.
 * @throws {TrainingDiverged} when the loss stops being finite.
 * @throws {Cancelled} once `signal` is aborted.
 */
export async function train(engine: Engine, recipe: Recipe, lesson: Lesson, options?: TrainOptions): Promise<Trained> {
  const [trained] = await trainTogether(engine, recipe, [lesson], options);
  return trained as Trained;
}

/**
 * Trains several models of one recipe as one program. Each becomes what it becomes alone: to within rounding, and to the
 * bit what it becomes as a pack of one. Worth while where pack.ts says so.
 *
 * @throws {InvalidInput} also when the lessons differ in their number of records.
 * @throws {TrainingDiverged} when one of them diverges, which ends them all.
 */
export async function trainTogether(
  engine: Engine,
  recipe: Recipe,
  lessons: readonly Lesson[],
  { asPack = false, signal, onProgress }: TrainOptions = {},
): Promise<Trained[]> {
  const records = lessons[0]?.labels.length ?? 0;
  for (const lesson of lessons) checkLesson(recipe, lesson, records);
  const { layers, inputShape, classes } = recipe;
  const start = lessons.map(({ rng }) => initialize(layers, inputShape, classes, rng.child("weights")));
  const models = lessons.length > 1 || asPack ? lessons.length : null;
  const program = programFor(recipe, lessons, models, models === null ? (start[0] as Weights) : stacked(start));
  const { state, losses } = await runTraining(engine, program, { ...recipe, records, lessons }, { signal, onProgress });
  const weights = unstacked(state, start);
  return losses.map((ofModel, model) => ({ weights: weights[model] as Trained["weights"], losses: ofModel }));
}

/** The epochs of a training: orders of records follow from the lessons' streams. */
export async function runTraining(
  engine: Engine,
  program: TrainingProgram,
  given: Pick<Recipe, "training" | "objective"> & { records: number; lessons: readonly Pick<Lesson, "rng">[] },
  { signal, onProgress }: Omit<TrainOptions, "asPack">,
): Promise<{ state: Record<string, ArrayValue>; losses: Float64Array[] }> {
  const { training, objective, records, lessons } = given;
  const loop = engine.compileLoop(trainingProgram(program));
  try {
    const batch = Math.min(training.batch, records);
    const rest = records % batch;
    const stepsAnEpoch = Math.ceil(records / batch);
    const losses = lessons.map(() => new Float64Array(training.epochs));
    /** The objective's settings for the steps of an epoch from the given one on. */
    const settingsOf = (epoch: number, first: number): Record<string, Float64Array> => {
      const steps = Array.from({ length: stepsAnEpoch - first }, (_, at) =>
        objective?.of.settings?.(epoch * stepsAnEpoch + first + at, training.epochs * stepsAnEpoch, epoch),
      );
      return Object.fromEntries(
        Object.keys(steps[0] ?? {}).map((name) => [name, Float64Array.from(steps, (step) => step?.[name] as number)]),
      );
    };
    for (let epoch = 0; epoch < training.epochs; epoch++) {
      const orders = lessons.map(({ rng }) => rng.child("epoch", epoch).permutation(records));
      const rates = Float64Array.from({ length: stepsAnEpoch }, (_, step) =>
        learningRateAt(training, epoch * stepsAnEpoch + step, training.epochs * stepsAnEpoch),
      );
      const run = (from: number, to: number, size: number) => {
        const first = Math.floor(from / batch);
        const settings = { ...settingsOf(epoch, first), learningRate: rates.subarray(first) };
        return loop.run(rowsOf(orders, from, to, size), size * lessons.length, { settings, signal });
      };
      const full = await run(0, records - rest, batch);
      const last = rest === 0 ? new Float32Array() : await run(records - rest, records, rest);
      losses.forEach((ofModel, model) => {
        let total = 0;
        for (let at = model; at < full.length; at += lessons.length) total += (full[at] as number) * batch;
        ofModel[epoch] = (total + (last[model] ?? 0) * rest) / records;
      });
      onProgress?.({
        epoch: epoch + 1,
        epochs: training.epochs,
        losses: losses.map((ofModel) => ofModel[epoch] as number),
      });
    }
    return { state: await loop.state(), losses };
  } finally {
    loop.dispose();
  }
}

export function checkLesson({ inputShape }: Recipe, { features, labels }: Lesson, records: number): void {
  const width = sizeOf(inputShape);
  if (labels.length === 0) throw new InvalidInput("there are no records to train on");
  if (labels.length !== records) {
    throw new InvalidInput(`models trained together need equally many records, not ${records} and ${labels.length}`);
  }
  if (features.length !== records * width) {
    throw new InvalidInput(`${features.length} features are not ${records} records of shape [${inputShape}]`);
  }
}

/** The records of batches of `size` from each model's order, `from` … `to`; every batch has each model's part in turn. */
function rowsOf(orders: readonly Uint32Array[], from: number, to: number, size: number): Uint32Array {
  if (orders.length === 1) return (orders[0] as Uint32Array).subarray(from, to);
  const rows = new Uint32Array((to - from) * orders.length);
  let at = 0;
  for (let first = from; first < to; first += size) {
    for (const [model, order] of orders.entries()) {
      for (let row = first; row < first + size; row++) rows[at++] = (order[row] as number) + model * order.length;
    }
  }
  return rows;
}
