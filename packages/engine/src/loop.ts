import { Cancelled, TrainingDiverged } from "@shadowfarm/core/errors";
import { checkLength, concatenate } from "./arrays.ts";
import type { LoopProgram, RunOptions, Settings } from "./engine.ts";
import { WrongArray } from "./errors.ts";

// What the loops of all backends have in common.

/** Steps that a backend has done at once, and their losses, one after another. */
export interface Block {
  steps: number;
  losses: Float32Array;
}

/**
 * Does all steps of `indices`, block by block. `runBlock` does as many as it sees fit, of `rows` that are left, the first of
 * which is step `at` of this run.
 *
 * @throws {WrongArray | Cancelled | TrainingDiverged} as `Loop.run` says.
 */
export async function runInBlocks(
  { records, progress }: { records: number; progress: Progress },
  indices: Uint32Array,
  batch: number,
  { settings = {}, signal, onSteps }: RunOptions,
  runBlock: (rows: Uint32Array, settings: Settings, at: number) => Promise<Block>,
): Promise<Float32Array> {
  checkIndices(indices, batch, records);
  const losses: Float32Array[] = [];
  for (let done = 0; done * batch < indices.length; ) {
    if (signal?.aborted) throw new Cancelled();
    const block = await runBlock(indices.subarray(done * batch), settings, done);
    progress.advance(block.losses, block.steps, settings, done);
    losses.push(block.losses);
    done += block.steps;
    await onSteps?.(block.losses, block.steps);
  }
  return concatenate(losses);
}

/** A backend would read past the end of the data without a word. */
function checkIndices(indices: Uint32Array, batch: number, records: number): void {
  if (!Number.isInteger(batch) || batch < 1 || indices.length % batch !== 0) {
    throw new WrongArray(`${indices.length} indices are not a whole number of batches of ${batch}`);
  }
  for (const row of indices) if (row >= records) throw new WrongArray(`row ${row} of ${records} records`);
}

/** How many records every data set of the program has; refuses arrays that are not what their shapes say. */
export function checkedRecords({ state, data }: LoopProgram): number {
  for (const [name, array] of Object.entries({ ...state, ...data })) checkLength(name, array);
  const counts = Object.entries(data).map(([name, { shape }]) => ({ name, records: shape[0] ?? 0 }));
  const [first] = counts;
  const other = counts.find(({ records }) => records !== first?.records);
  if (first && other) {
    throw new WrongArray(`data "${first.name}" has ${first.records} records, but "${other.name}" has ${other.records}`);
  }
  return first?.records ?? 0;
}

/** The settings of one step of a run. */
function settingsAt(settings: Settings, step: number): Record<string, number> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      const number = typeof value === "number" ? value : value[step];
      if (number === undefined) throw new WrongArray(`setting "${name}" has no value for step ${step} of the run`);
      return [name, number];
    }),
  );
}

/** The scalars of step `done` of the program, which is step `at` of a run with these settings. */
export function scalarsAt(program: LoopProgram, done: number, settings: Settings, at: number): Record<string, number> {
  const given = settingsAt(settings, at);
  return program.scalars?.(done, given) ?? given;
}

/** Seeds of `uniform`; `axis` tells whether a leading axis counts them. */
export function seedsOf({ seed }: LoopProgram): { seeds: readonly number[]; axis: boolean } {
  return typeof seed === "number" ? { seeds: [seed], axis: false } : { seeds: seed, axis: true };
}

/** Counts a program's steps, and stops it at the first loss that is not finite. */
export class Progress {
  stepsDone: number;
  private lastFiniteLoss: number | null = null;

  constructor({ stepsDone = 0 }: LoopProgram) {
    this.stepsDone = stepsDone;
  }

  /**
   * Takes note of the losses of `steps` steps, the first of which was step `at` of its run.
   *
   * @throws {TrainingDiverged}
   */
  advance(losses: Float32Array, steps: number, settings: Settings, at: number): void {
    const width = losses.length / steps;
    for (const [position, loss] of losses.entries()) {
      if (!Number.isFinite(loss)) {
        const step = Math.floor(position / width);
        const learningRate = settingsAt(settings, at + step).learningRate ?? Number.NaN;
        throw new TrainingDiverged({ step: this.stepsDone + step, learningRate, lastFiniteLoss: this.lastFiniteLoss });
      }
      this.lastFiniteLoss = loss;
    }
    this.stepsDone += steps;
  }
}
