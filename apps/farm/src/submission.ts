import { InvalidInput, messageOf } from "@shadowfarm/core/errors";
import { InvalidExperiment } from "@shadowfarm/core/experiment";
import type { Plan } from "@shadowfarm/core/plan";
import { planRounds } from "@shadowfarm/core/rounds";
import type { Problem } from "@shadowfarm/core/validation";
import { chooseEngine } from "@shadowfarm/engine/backends";
import { catalogIn, resolveDataset } from "@shadowfarm/ml/data-source";
import type { Submission } from "@shadowfarm/store/experiments";
import type { FarmConfig } from "./config.ts";
import { readSpecFile } from "./spec-file.ts";

/** Jobs above which an experiment is only taken with `--yes`. */
export const MANY_JOBS = 10_000;

/** An experiment that passed every check, with the plan that it will become. Nothing has been written yet. */
export interface CheckedSubmission extends Submission {
  file: string;
  plan: Plan;
}

/**
 * Reads and checks an experiment file: the file itself, the data it names, and whether its combinations can run.
 *
 * @throws {InvalidInput} with every problem found.
 */
export async function checkSubmission(file: string, config: FarmConfig, yes: boolean): Promise<CheckedSubmission> {
  const catalog = await catalogIn(config.datasetFolders);
  const { experiment, describe } = await readSpecFile(file, catalog);
  const problems: Problem[] = [];
  const resolved = await Promise.all(
    experiment.datasets.map(async (dataset, index) => {
      try {
        return await resolveDataset(dataset, config.datasetFolders);
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
        problems.push({ path: ["datasets", index], message: messageOf(error) });
        return null;
      }
    }),
  );
  if (problems.length > 0) throw describe(problems);
  const datasets = resolved.filter((dataset) => dataset !== null);
  // With a database of its own, this machine computes too.
  const engine = await chooseEngine(config.engine, config.databaseUrl === null);
  try {
    const plan = planRounds(experiment, catalog, { datasets, engine }, { results: [], ended: false });
    if (plan.jobs.length > MANY_JOBS && !yes) {
      throw new InvalidInput(
        `${file}: the experiment needs ${plan.jobs.length} jobs, more than ${MANY_JOBS}; add --yes if that is meant`,
      );
    }
    return { file, spec: experiment.spec, datasets, engine, plan };
  } catch (error) {
    throw error instanceof InvalidExperiment ? describe(error.problems) : error;
  }
}
