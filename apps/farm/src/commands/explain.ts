import { type JobDetail, provenanceOf } from "@shadowfarm/store/job-rows";
import { openReader } from "@shadowfarm/store/reader";
import { findResult } from "@shadowfarm/store/scores";
import type { FarmConfig } from "../config.ts";
import { EXIT, withStore } from "../session.ts";
import { combinationName } from "../tables.ts";

/** `explain RESULT`: every job of the target's way to a result, with parameters, artifacts, machine, engine and version. */
export async function explain(config: FarmConfig, name: string, options: { json?: boolean }): Promise<number> {
  return withStore(config, async (store) => {
    const reader = await openReader(store.url, 2);
    try {
      const { metrics, cells, ...result } = await findResult(reader, name);
      const { chain, others } = await provenanceOf(reader, result.jobKey);
      if (options.json) {
        process.stdout.write(`${JSON.stringify({ result: { ...result, metrics, cells }, chain, others }, null, 2)}\n`);
        return EXIT.ok;
      }
      const title = combinationName({ ...result, metrics });
      const [low, high] = metrics.intervals.auc;
      process.stdout.write(
        `${title}, repeat ${result.repeat}: AUC ${metrics.auc.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}], test accuracy ${metrics.testAccuracy.toFixed(3)}\n` +
          `${result.data} data: ${result.origin}\n` +
          `in ${cells.map(({ experiment, experimentId }) => `${experiment} (${experimentId})`).join(", ")}\n\n` +
          `${chain.map(describe).join("\n\n")}\n`,
      );
      if (others.length > 0) {
        const counts = others.map(({ kind, count, seconds }) => `${count} ${kind} (${seconds.toFixed(1)} s)`);
        process.stdout.write(`\nand ${counts.join(", ")} of other models and records\n`);
      }
      return EXIT.ok;
    } finally {
      await reader.close();
    }
  });
}

function describe({ kind, key, params, seconds, attempts, artifacts }: JobDetail): string {
  const { inputs: _, ...own } = params;
  const last = attempts.findLast(({ outcome }) => outcome === "done");
  const where = last
    ? `${last.machine ?? "unknown machine"}, ${last.engine ?? "unknown engine"}, version ${last.version ?? "unknown"}, ${last.startedAt}`
    : "no attempt succeeded";
  return [
    `${kind} ${key}`,
    `  ${seconds === null ? "not done" : `${seconds.toFixed(2)} s`} on ${where}`,
    ...Object.entries(own).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`),
    ...artifacts.map(({ name, sha256, bytes }) => `  left ${name}: ${bytes} bytes, sha256 ${sha256}`),
  ].join("\n");
}
