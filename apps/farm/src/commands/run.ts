import { submitExperiment } from "@shadowfarm/store/experiments";
import type { FarmConfig } from "../config.ts";
import { EXIT, runToEnd, withStore } from "../session.ts";
import { type CheckedSubmission, checkSubmission } from "../submission.ts";
import { type TermOptions, termsOf } from "./shares.ts";

/** `run SPEC…`: every file is checked before the first is submitted. */
export async function run(
  settings: FarmConfig,
  specs: string[],
  options: { yes?: boolean; workers?: number; json?: boolean } & TermOptions,
): Promise<number> {
  const config = { ...settings, slots: options.workers ?? settings.slots };
  const submissions = await checkAll(config, specs, options.yes ?? false);
  const terms = { user: config.user, ...termsOf(options) };
  const code = await runToEnd(config, { json: options.json ?? false }, async (store) => {
    const ids: string[] = [];
    for (const submission of submissions) ids.push(await submitExperiment(store, submission, terms));
    return ids;
  });
  if (!options.json) {
    process.stderr.write('to look at the results, start the dashboard with "shadowfarm up" (npm run farm -- up)\n');
  }
  return code;
}

/** `submit SPEC…` */
export async function submit(
  config: FarmConfig,
  specs: string[],
  options: { yes?: boolean; json?: boolean } & TermOptions,
): Promise<number> {
  const submissions = await checkAll(config, specs, options.yes ?? false);
  return withStore(config, async (store) => {
    const submitted: { experiment: string; id: string; jobs: number; cells: number }[] = [];
    for (const submission of submissions) {
      const { spec, plan } = submission;
      const id = await submitExperiment(store, submission, { user: config.user, ...termsOf(options) });
      submitted.push({ experiment: spec.name, id, jobs: plan.jobs.length, cells: plan.cells.length });
    }
    if (options.json) process.stdout.write(`${JSON.stringify(submitted, null, 2)}\n`);
    else
      for (const { experiment, id, jobs, cells } of submitted)
        process.stdout.write(`${experiment} (${id}): ${jobs} jobs for ${cells} cells\n`);
    return EXIT.ok;
  });
}

async function checkAll(config: FarmConfig, specs: readonly string[], yes: boolean): Promise<CheckedSubmission[]> {
  const checked: CheckedSubmission[] = [];
  for (const spec of specs) checked.push(await checkSubmission(spec, config, yes));
  return checked;
}
