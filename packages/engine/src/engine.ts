import type * as tf from "@tensorflow/tfjs";

/** An array outside the engine: row-major values and their shape. */
export interface ArrayValue {
  shape: readonly number[];
  data: Float32Array;
}

export interface Optimizer {
  name: "sgd" | "momentum" | "adam" | "rmsprop";
  learningRate: number;
}

/** What a loss function may use besides weights and batch. */
export interface StepContext {
  /**
   * Uniform numbers in [0, 1) for dropout masks and noise: a hash of (seed, step, call, element), so that they are the
   * same in every backend and for every batch order. TF.js's own random ops are not to be used in a loss.
   */
  uniform(shape: number[]): tf.Tensor;
}

/** A training program: differentiable loss over named weights and a batch of named data. */
export interface LoopProgram {
  weights: Readonly<Record<string, ArrayValue>>;
  /** Data sets with the record axis first; each step gathers the same rows of all of them. */
  data: Readonly<Record<string, ArrayValue>>;
  optimizer: Optimizer;
  /** Seed of `StepContext.uniform`, 32 bits. */
  seed: number;
  loss(weights: Record<string, tf.Tensor>, batch: Record<string, tf.Tensor>, context: StepContext): tf.Scalar;
}

/** A training program made ready to run. */
export interface Loop {
  /**
   * Runs one optimizer step per row of `indices` (row-major, steps × batch, record numbers) and returns each step's loss.
   * Gives the event loop a turn at least every 50 ms or so.
   *
   * @throws {TrainingDiverged} at the first loss that is not finite.
   * @throws {Cancelled} between steps, once `signal` is aborted.
   */
  run(indices: Uint32Array, batch: number, signal?: AbortSignal): Promise<Float32Array>;
  weights(): Promise<Record<string, ArrayValue>>;
  dispose(): void;
}

/** A function of one batch made ready to run, weights as constants. */
export interface Compiled {
  /** Runs over all rows of `input`, in batches that bound the memory, and concatenates the outputs. */
  run(input: ArrayValue, signal?: AbortSignal): Promise<ArrayValue>;
  dispose(): void;
}

/** One way of computing. Every backend gives the same numbers to within its numerics class. */
export interface Engine {
  /** Recorded in each result, and part of every key: `wasm`, `cpu`, … */
  readonly name: string;
  compileLoop(program: LoopProgram): Loop;
  compileFn(
    weights: Readonly<Record<string, ArrayValue>>,
    fn: (weights: Record<string, tf.Tensor>, batch: tf.Tensor) => tf.Tensor,
  ): Compiled;
}
