import type { Catalog, DatasetUse } from "@shadowfarm/core/catalog";
import { InvalidInput, messageOf } from "@shadowfarm/core/errors";
import { type Experiment, type ExperimentSpec, InvalidExperiment } from "@shadowfarm/core/experiment";
import type { Plan } from "@shadowfarm/core/plan";
import { planRounds } from "@shadowfarm/core/rounds";
import type { Problem } from "@shadowfarm/core/validation";
import { chooseEngine, type EngineChoice } from "@shadowfarm/engine/backends";
import { resolveDataset } from "./data-source.ts";

/** Where an experiment is to be run. */
export interface Place {
  datasetFolders: readonly string[];
  engine: EngineChoice;
  /** Whether this machine computes too, or only asks others to. */
  computes: boolean;
}

/** An experiment that passed every check, with the plan that it will become. */
export interface CheckedExperiment {
  spec: ExperimentSpec;
  datasets: DatasetUse[];
  engine: string;
  plan: Plan;
}

/**
 * Checks what the experiment file alone does not tell: the data it names, and whether its combinations can run.
 *
 * @throws {InvalidExperiment} with every problem found.
 */
export async function checkExperiment(
  experiment: Experiment,
  catalog: Catalog,
  place: Place,
): Promise<CheckedExperiment> {
  const problems: Problem[] = [];
  const resolved = await Promise.all(
    experiment.datasets.map(async (dataset, index) => {
      try {
        return await resolveDataset(dataset, place.datasetFolders);
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
        problems.push({ path: ["datasets", index], message: messageOf(error) });
        return null;
      }
    }),
  );
  if (problems.length > 0) throw new InvalidExperiment(problems);
  const datasets = resolved.filter((dataset) => dataset !== null);
  const engine = await chooseEngine(place.engine, place.computes);
  const plan = planRounds(experiment, catalog, { datasets, engine }, { results: [], ended: false });
  return { spec: experiment.spec, datasets, engine, plan };
}

/** Jobs above which an experiment is only taken when that is confirmed. */
export const MANY_JOBS = 10_000;
