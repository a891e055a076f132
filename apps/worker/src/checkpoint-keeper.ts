import type { ArtifactRef, Artifacts } from "@shadowfarm/store/artifacts";
import { dropCheckpoint, keepCheckpoint } from "@shadowfarm/store/checkpoints";
import type { Store } from "@shadowfarm/store/client";
import type { Claim } from "@shadowfarm/store/jobs";
import { storedName } from "@shadowfarm/store/stored-name";
import type { Logger } from "pino";

/** Sees to it that jobs which are held have one checkpoint, and those that are done none. */
export interface CheckpointKeeper {
  keep(held: readonly Claim[], artifacts: readonly ArtifactRef[]): Promise<void>;
  /** Costs nothing for a job that never had one. */
  drop(done: Claim): Promise<void>;
}

/** Neither throws: a checkpoint only saves time, and bytes that stay are found by `artifacts gc`. */
export function openCheckpointKeeper(store: Store, artifacts: Artifacts, log: Logger): CheckpointKeeper {
  const kept = new Set<string>();
  const settle = async (what: string, change: () => Promise<string[]>): Promise<void> => {
    try {
      for (const sha256 of await change()) await artifacts.remove(storedName(sha256));
    } catch (error) {
      log.warn({ err: error }, what);
    }
  };
  return {
    async keep(held, refs) {
      for (const { key } of held) kept.add(key);
      await settle("a checkpoint cannot be kept, or the one before it not removed", () =>
        keepCheckpoint(store, held, refs),
      );
    },
    async drop({ key, checkpoint }) {
      if (!kept.delete(key) && checkpoint.length === 0) return;
      await settle("the checkpoint of a job that is done cannot be removed", () => dropCheckpoint(store, [key]));
    },
  };
}
