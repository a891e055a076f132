import { attemptsOf } from "@shadowfarm/store/attempt-logs";
import { renderAttempt } from "../attempt-text.ts";
import type { FarmConfig } from "../config.ts";
import { EXIT, withStore } from "../session.ts";

/** `logs JOB_OR_EXPERIMENT` */
export async function showLogs(
  config: FarmConfig,
  name: string,
  options: { attempts: number; json?: boolean },
): Promise<number> {
  return withStore(config, async (store) => {
    const { total, attempts } = await attemptsOf(store, name, options.attempts);
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ total, attempts }, null, 2)}\n`);
      return EXIT.ok;
    }
    if (total > attempts.length) {
      process.stderr.write(
        `the newest ${attempts.length} of ${total} attempts; --attempts ${Math.min(total, 99_999)} shows more\n`,
      );
    }
    if (total === 0) process.stderr.write("no attempt yet, or none that said anything or failed\n");
    for (const attempt of attempts) process.stdout.write(`${renderAttempt(attempt)}\n`);
    return EXIT.ok;
  });
}
