import type * as tf from "@tensorflow/tfjs";

/** An array outside the engine: row-major numbers and their shape. */
export interface ArrayValue<Numbers extends Float32Array | Int32Array = Float32Array> {
  shape: readonly number[];
  data: Numbers;
}

export type AnyArray = ArrayValue<Float32Array | Int32Array>;

/** Arrays by name, and what a traced function sees of them. */
export type Arrays = Readonly<Record<string, ArrayValue>>;
export type Tensors = Record<string, tf.Tensor>;

/**
 * What a step may use besides its state and batch. TF.js's own random operations are not to be used in a step: a compiled
 * one would draw its numbers once and use them in every step.
 */
export interface StepContext {
  /**
   * Uniform numbers in [0, 1), for dropout masks and noise: a hash of (seed, step, call, element), the same in every
   * backend and for every way of cutting the steps into runs. With several seeds a leading axis counts them.
   */
  uniform(shape: readonly number[]): tf.Tensor;
  /** The program's numbers for this step, as scalars that a compiled program reads anew at every step. */
  scalars: Record<string, tf.Tensor>;
}

/** Numbers given at run time: one for all steps of the run, or one a step. */
export type Settings = Readonly<Record<string, number | Float64Array>>;

/** A computation repeated over batches, carrying state from step to step: training, as a rule (see training.ts). */
export interface LoopProgram {
  /** First values of all that is carried: weights, optimizer moments, moving statistics. */
  state: Arrays;
  /** Data sets with the record axis first; each step gathers the same rows of all of them. */
  data: Readonly<Record<string, AnyArray>>;
  /** Seed of `uniform`, 32 bits; or one for each of several models that are trained as one. */
  seed: number | readonly number[];
  /** Steps done before the first one here, for a program that goes on from a saved state; default 0. */
  stepsDone?: number;
  /** The scalars of a step, from the run's settings; default: the settings themselves. Called outside of the step. */
  scalars?(step: number, settings: Readonly<Record<string, number>>): Record<string, number>;
  /** Next state, under the same names and shapes, and the loss or losses of this step. */
  step(state: Tensors, batch: Tensors, context: StepContext): { state: Tensors; loss: tf.Tensor };
}

export interface RunOptions {
  /** By the names that the program's `scalars` expects; a training program wants `learningRate`. */
  settings?: Settings;
  signal?: AbortSignal | undefined;
  /** Called whenever some steps are done, with their losses; `state` then is what the last of them left. */
  onSteps?: ((losses: Float32Array, steps: number) => Promise<void>) | undefined;
}

/** A looped program made ready to run. */
export interface Loop {
  /**
   * Runs one step per row of `indices` (row-major, steps × batch, record numbers) and returns each step's losses, one
   * after another. Gives the event loop a turn every 400 ms or so, or after each step if that takes longer.
   *
   * @throws {TrainingDiverged} at the first loss that is not finite.
   * @throws {Cancelled} between two runs of the graph, once `signal` is aborted.
   * @throws {WrongArray} when indices are not whole batches or name a record that is not there.
   */
  run(indices: Uint32Array, batch: number, options?: RunOptions): Promise<Float32Array>;
  /** A copy of the state as the last step left it. */
  state(): Promise<Record<string, ArrayValue>>;
  dispose(): void;
}

/** A function of one batch made ready to run, weights as constants. */
export interface Compiled {
  /**
   * Runs over all rows of `input`, in batches that bound the memory, and concatenates the outputs.
   *
   * @throws {WrongArray} when the input's length is not that of its shape.
   * @throws {Cancelled} between batches, once `signal` is aborted.
   */
  run(input: ArrayValue, signal?: AbortSignal): Promise<ArrayValue>;
  dispose(): void;
}

/** Shape and type of an input. */
export interface ArraySpec {
  shape: readonly number[];
  dtype?: "float32" | "int32";
}

/** A function of several arrays of fixed shapes made ready to run. */
export interface Step {
  /**
   * @param at seed and step number of `uniform`, both 0 by default.
   * @throws {WrongArray} when an input is missing, or has another shape or type than was asked for.
   */
  run(
    inputs: Readonly<Record<string, AnyArray>>,
    at?: { seed?: number; step?: number },
  ): Promise<Record<string, AnyArray>>;
  dispose(): void;
}

/** One way of computing. Every backend gives the same numbers to within the tolerance of the contract test. */
export interface Engine {
  /** Recorded in each result, and part of every key: `onnx`, `wasm`, … */
  readonly name: string;
  /** Whether a model trained together with others gets the same bits in any company, so that packing may be left to chance. */
  readonly packs: boolean;
  compileLoop(program: LoopProgram): Loop;
  compileFn(weights: Arrays, fn: (weights: Tensors, batch: tf.Tensor) => tf.Tensor): Compiled;
  compileStep(
    inputs: Readonly<Record<string, ArraySpec>>,
    fn: (inputs: Tensors, context: Pick<StepContext, "uniform">) => Tensors,
  ): Step;
}
