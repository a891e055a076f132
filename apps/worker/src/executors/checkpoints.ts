import { randomUUID } from "node:crypto";
import { ArtifactCorrupt, messageOf } from "@shadowfarm/core/errors";
import { VERSION } from "@shadowfarm/core/version";
import type { ArrayValue, Engine } from "@shadowfarm/engine/engine";
import { type Checkpoint, resumable } from "@shadowfarm/engine/resumable";
import type { ArtifactRef, Artifacts } from "@shadowfarm/store/artifacts";
import type { Claim } from "@shadowfarm/store/jobs";
import type { Bundle } from "@shadowfarm/store/tensors";
import { tensorOf } from "./inputs.ts";

/** What a checkpoint's artifact says of its arrays: `losses`, and `state/…`. */
interface CheckpointMeta {
  /** Of the run that left it: the same state left by another is another artifact, so that each may remove its own. */
  run: string;
  version: string;
  models: readonly string[];
  steps: number;
}

export interface CheckpointOptions {
  artifacts: Artifacts;
  /** Between two checkpoints; 0: none are made. */
  seconds: number;
  /** Told what the next attempt at the jobs would need, whenever that has changed. */
  keep(artifacts: readonly ArtifactRef[]): void;
}

/** Training that a worker which is told to stop does not save again. */
const WORTH_MS = 5_000;
const STATE = "state/";

/**
 * The engine, with trainings that go on where earlier attempts at these jobs stood. What cannot be read, or was left by another
 * version, is not trusted: then a training starts over. What cannot be kept costs the next attempt time, and not this one.
 */
export async function goingOn(
  engine: Engine,
  jobs: readonly Pick<Claim, "checkpoint">[],
  { artifacts, seconds, keep }: CheckpointOptions,
): Promise<Engine> {
  const run = randomUUID();
  let kept = await loaded(jobs, artifacts);
  const everyMs = seconds === 0 ? Infinity : seconds * 1000;
  return resumable(engine, {
    found: kept.map(({ checkpoint }) => checkpoint),
    everyMs,
    worthMs: seconds === 0 ? Infinity : Math.min(everyMs, WORTH_MS),
    onResume: (steps) => process.stdout.write(`resumed at step ${steps}\n`),
    async save(changed) {
      try {
        for (const checkpoint of changed) {
          const ref = await artifacts.put(bundleOf(checkpoint, run));
          kept = kept.filter((one) => !checkpoint.models.some((model) => one.checkpoint.models.includes(model)));
          kept.push({ checkpoint: { ...checkpoint, state: {} }, ref });
        }
      } catch (error) {
        process.stderr.write(`this checkpoint cannot be kept: ${messageOf(error)}\n`);
        return false;
      }
      keep(kept.map(({ ref }) => ref));
      return true;
    },
  });
}

interface Kept {
  checkpoint: Checkpoint;
  ref: ArtifactRef;
}

async function loaded(jobs: readonly Pick<Claim, "checkpoint">[], artifacts: Artifacts): Promise<Kept[]> {
  const refs = new Map(jobs.flatMap(({ checkpoint }) => checkpoint.map((ref) => [ref.sha256, ref] as const)));
  const kept: Kept[] = [];
  for (const ref of refs.values()) {
    try {
      kept.push({ checkpoint: checkpointOf(await artifacts.get(ref)), ref });
    } catch (error) {
      if (!(error instanceof ArtifactCorrupt)) throw error;
      process.stderr.write(`a checkpoint is left out, and what it was for starts over: ${error.message}\n`);
    }
  }
  return kept;
}

function bundleOf({ models, steps, losses, state }: Checkpoint, run: string): Bundle {
  const meta: CheckpointMeta = { run, version: VERSION, models, steps };
  const named = Object.entries(state).map(([name, array]) => [STATE + name, array]);
  return {
    meta,
    tensors: { ...Object.fromEntries(named), losses: { shape: [steps, losses.length / steps], data: losses } },
  };
}

/** @throws {ArtifactCorrupt} for one of another version. */
function checkpointOf(bundle: Bundle): Checkpoint {
  const { version, models, steps } = bundle.meta as CheckpointMeta;
  if (version !== VERSION) throw new ArtifactCorrupt(`it was left by version ${version}, and this is ${VERSION}`);
  const names = Object.keys(bundle.tensors).filter((name) => name.startsWith(STATE));
  const state = names.map((name): [string, ArrayValue] => [
    name.slice(STATE.length),
    tensorOf(bundle, name, Float32Array),
  ]);
  return { models, steps, losses: tensorOf(bundle, "losses", Float32Array).data, state: Object.fromEntries(state) };
}
