import type { Needs } from "@shadowfarm/core/pool";
import { type Progress, summarizeProgress } from "@shadowfarm/core/progress";
import type { Store } from "./client.ts";
import { progressByExperiment } from "./experiments.ts";
import { currentShares } from "./shares.ts";
import { livePools, slotsFor } from "./workers.ts";

/** How far experiments are, by id, and when they end with the workers and the others that there are now. */
export async function progressNow(
  store: Store,
  experiments: readonly (Needs & { id: string })[],
): Promise<Map<string, Progress>> {
  const ids = experiments.map(({ id }) => id);
  const [counts, pools, shares] = await Promise.all([
    progressByExperiment(store, ids),
    livePools(store),
    currentShares(store),
  ]);
  return new Map(
    experiments.map((experiment) => [
      experiment.id,
      summarizeProgress(counts.get(experiment.id) ?? [], slotsFor(pools, experiment), shares.get(experiment.id)),
    ]),
  );
}
