import { describeLocation } from "@shadowfarm/store/artifact-location";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import { type Amount, collectArtifacts, type Verification, verifyArtifacts } from "@shadowfarm/store/collect-artifacts";
import type { FarmConfig } from "../config.ts";
import { EXIT, withStore } from "../session.ts";

const DAY_MS = 86_400_000;

/** `artifacts gc`: removes what no job refers to. */
export async function collect(
  config: FarmConfig,
  options: { dryRun?: boolean; keepDays: number; unwanted?: boolean; json?: boolean },
): Promise<number> {
  const { dryRun = false, unwanted = false, keepDays } = options;
  return withStore(config, async (store) => {
    const artifacts = await openArtifacts(config.artifacts);
    const found = await collectArtifacts(store, artifacts, { keepMs: keepDays * DAY_MS, unwanted, dryRun });
    if (options.json) process.stdout.write(`${JSON.stringify({ dryRun, ...found }, null, 2)}\n`);
    else {
      const of = unwanted ? ` (with those of ${found.unwantedJobs} jobs that no experiment wants)` : "";
      process.stdout.write(
        `${describeLocation(config.artifacts)}\n` +
          `${dryRun ? "would remove" : "removed"} ${amount(found.removed)} that nothing refers to${of}\n` +
          `kept ${amount(found.kept)} that jobs refer to\n` +
          `kept ${amount(found.young)} that nothing refers to, put within ${keepDays} days\n`,
      );
    }
    return EXIT.ok;
  });
}

/** `artifacts verify`: reads everything that jobs refer to. */
export async function verify(config: FarmConfig, options: { forgetScores?: boolean; json?: boolean }): Promise<number> {
  return withStore(config, async (store) => {
    const artifacts = await openArtifacts(config.artifacts);
    const found = await verifyArtifacts(store, artifacts, { forget: options.forgetScores === true });
    if (options.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    else {
      process.stdout.write(`${describeLocation(config.artifacts)}\n${amount(found.good)} are as they were put\n`);
      if (found.bad.count > 0) {
        process.stdout.write(`${amount(found.bad)} are missing or altered; a job that needs one has it made again\n`);
        for (const { kind, jobKey, name, problem } of found.problems)
          process.stdout.write(`  ${kind} ${jobKey.slice(0, 10)} ${name}: ${problem}\n`);
        if (found.problems.some(({ kind }) => kind === "attack")) process.stdout.write(`${scoresAdvice(found)}\n`);
      }
    }
    return found.bad.count > 0 ? EXIT.failed : EXIT.ok;
  });
}

function scoresAdvice({ forgotten }: Verification): string {
  if (forgotten === 0)
    return "no job needs scores: forget those above (--forget-scores), and run their experiments again to have them made anew";
  return `forgot the scores of ${forgotten} results; run their experiments again to have them made anew`;
}

function amount({ count, bytes }: Amount): string {
  return `${count} artifacts, ${(bytes / 1e6).toFixed(1)} MB,`;
}
