import { InvalidInput } from "@shadowfarm/core/errors";
import { InvalidExperiment } from "@shadowfarm/core/experiment";
import { type CheckedExperiment, checkExperiment, MANY_JOBS } from "@shadowfarm/ml/check-experiment";
import { catalogIn } from "@shadowfarm/ml/data-source";
import type { FarmConfig } from "./config.ts";
import { readSpecFile } from "./spec-file.ts";

/** An experiment that passed every check, with the plan that it will become. Nothing has been written yet. */
export interface CheckedSubmission extends CheckedExperiment {
  file: string;
}

/**
 * Reads and checks an experiment file: the file itself, the data it names, and whether its combinations can run.
 *
 * @throws {InvalidInput} with every problem found.
 */
export async function checkSubmission(file: string, config: FarmConfig, yes: boolean): Promise<CheckedSubmission> {
  const catalog = await catalogIn(config.datasetFolders);
  const { experiment, describe } = await readSpecFile(file, catalog);
  try {
    // With a database of its own, this machine computes too.
    const checked = await checkExperiment(experiment, catalog, { ...config, computes: config.databaseUrl === null });
    const jobs = checked.plan.jobs.length;
    if (jobs > MANY_JOBS && !yes) {
      throw new InvalidInput(
        `${file}: the experiment needs ${jobs} jobs, more than ${MANY_JOBS}; add --yes if that is meant`,
      );
    }
    return { file, ...checked };
  } catch (error) {
    throw error instanceof InvalidExperiment ? describe(error.problems) : error;
  }
}
