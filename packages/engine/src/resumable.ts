import { createHash } from "node:crypto";
import { Cancelled } from "@shadowfarm/core/errors";
import { concatenate, mapValues } from "./arrays.ts";
import type { Arrays, ArrayValue, Engine, Loop, LoopProgram, RunOptions, Settings } from "./engine.ts";
import { seedsOf } from "./loop.ts";

/** Where a loop stood: all that it needs to go on, to the bit, as if it had never stopped. */
export interface Checkpoint {
  /** What each of its models is known by: a hash of its seed and of the state that it began with. */
  models: readonly string[];
  steps: number;
  losses: Float32Array; // steps × models
  /** Of several models, or of one that is trained as a pack, with a leading axis that counts them. */
  state: Arrays;
}

export interface Checkpointing {
  /** What earlier attempts at the same work left; of a model of several packs, in any of them. */
  found: readonly Checkpoint[];
  /** Time from one checkpoint to the next, and to the first. */
  everyMs: number;
  /** What must be lost at least, in time, for a cancellation to leave a checkpoint. */
  worthMs: number;
  /** A loop goes on after so many steps of an earlier attempt. */
  onResume(steps: number): void;
  /**
   * Keeps what has changed since the last time: loops that came to their end, and the one that runs.
   *
   * @returns whether it could
   */
  save(changed: readonly Checkpoint[]): Promise<boolean>;
}

/**
 * The engine, with loops that leave checkpoints and go on from those that they find. It does not matter who drives them: the same
 * program and the same runs, made anew, get the losses that are known already and compute from there on. So a piece of work of
 * several loops, one after another, is picked up in the one where it stopped.
 */
export function resumable(engine: Engine, checkpointing: Checkpointing): Engine {
  const { found, everyMs, worthMs, onResume, save } = checkpointing;
  let savedAt = performance.now();
  /** Of loops that have stood still, or ended, since the last checkpoint was kept. */
  const unsaved = new Map<string, Checkpoint>();

  const compileLoop = (program: LoopProgram): Loop => {
    let known: readonly string[] | null = null;
    const models = () => (known ??= modelsOf(program));
    const from = found.length === 0 ? null : standingOf(models(), found);
    const stepsBefore = program.stepsDone ?? 0;
    const loop = engine.compileLoop(
      from ? { ...program, state: from.state, stepsDone: stepsBefore + from.steps } : program,
    );
    if (from) onResume(from.steps);
    const losses: Float32Array[] = from ? [from.losses] : [];
    /** Steps that this loop's driver has been told the losses of. */
    let told = 0;
    let steps = from?.steps ?? 0;

    const checkpoint = async (): Promise<void> => {
      if (steps > 0) unsaved.set(models().join(), await standing());
      if (unsaved.size > 0 && (await save([...unsaved.values()]))) unsaved.clear();
      savedAt = performance.now();
    };
    const standing = async (): Promise<Checkpoint> => ({
      models: models(),
      steps,
      losses: concatenate(losses),
      state: await loop.state(),
    });

    return {
      async run(indices, batch, options: RunOptions = {}) {
        const all = indices.length / batch;
        const done = from === null ? 0 : Math.max(0, Math.min(all, from.steps - told));
        const width = from === null ? 0 : from.losses.length / from.steps;
        const before = from?.losses.slice(told * width, (told + done) * width) ?? new Float32Array();
        told += all;
        if (done > 0 && done === all) return before;
        try {
          const rest = await loop.run(indices.subarray(done * batch), batch, {
            ...options,
            ...(options.settings && { settings: settingsFrom(options.settings, done) }),
            async onSteps(made, count) {
              losses.push(made);
              steps += count;
              await options.onSteps?.(made, count);
              if (performance.now() - savedAt >= everyMs) await checkpoint();
            },
          });
          return done === 0 ? rest : concatenate([before, rest]);
        } catch (error) {
          if (error instanceof Cancelled && performance.now() - savedAt >= worthMs) await checkpoint();
          throw error;
        }
      },
      async state() {
        const end = await standing();
        // What was found complete need not be kept again.
        if (steps > (from?.steps ?? 0)) unsaved.set(end.models.join(), end);
        return { ...end.state };
      },
      dispose: () => loop.dispose(),
    };
  };
  return { ...engine, compileLoop };
}

/**
 * The checkpoint of just these models, those of a pack put together from any packs that they were in; null when one has none, or
 * they do not stand at the same step.
 */
function standingOf(models: readonly string[], found: readonly Checkpoint[]): Checkpoint | null {
  const whole = found.find((one) => one.models.join() === models.join());
  if (whole) return whole;
  const parts = models.flatMap((model) => {
    const checkpoint = found.find((one) => one.models.includes(model));
    return checkpoint ? [{ checkpoint, at: checkpoint.models.indexOf(model) }] : [];
  });
  const [first] = parts;
  if (!first || parts.length < models.length) return null;
  const { steps, state } = first.checkpoint;
  if (parts.some(({ checkpoint }) => checkpoint.steps !== steps)) return null;
  const losses = new Float32Array(steps * models.length);
  parts.forEach(({ checkpoint, at }, model) => {
    for (let step = 0; step < steps; step++) {
      losses[step * models.length + model] = checkpoint.losses[step * checkpoint.models.length + at] as number;
    }
  });
  return {
    models,
    steps,
    losses,
    state: mapValues(state, ({ shape }, name) => {
      const slices = parts.map(({ checkpoint, at }) => sliceOf(checkpoint.state[name] as ArrayValue, at).data);
      return { shape: [models.length, ...shape.slice(1)], data: concatenate(slices) };
    }),
  };
}

/** Of a program of several models each has its own seed and its own part of the state. */
function modelsOf(program: LoopProgram): string[] {
  const { seeds, axis } = seedsOf(program);
  const names = Object.keys(program.state).sort();
  return seeds.map((seed, model) => {
    const hash = createHash("sha256").update(`${axis ? "pack" : "alone"} ${seed}`);
    for (const name of names) {
      const whole = program.state[name] as ArrayValue;
      const { shape, data } = axis ? sliceOf(whole, model) : whole;
      hash.update(` ${name} [${shape}] `).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    return hash.digest("hex");
  });
}

/** One entry of the leading axis. */
function sliceOf({ shape: [, ...shape], data }: ArrayValue, at: number): ArrayValue {
  const size = shape.reduce((product, length) => product * length, 1);
  return { shape, data: data.subarray(at * size, (at + 1) * size) };
}

function settingsFrom(settings: Settings, step: number): Settings {
  return mapValues(settings, (value) => (typeof value === "number" ? value : value.subarray(step)));
}
