import { verifyResult } from "@shadowfarm/api/verification";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import { openReader } from "@shadowfarm/store/reader";
import type { FarmConfig } from "../config.ts";
import { EXIT, withStore } from "../session.ts";

/** `verify RESULT`: whether all that it is made of is as it was left, and still gives its numbers. */
export async function verify(config: FarmConfig, name: string, options: { json?: boolean }): Promise<number> {
  return withStore(config, async (store) => {
    const reader = await openReader(store.url, 2);
    try {
      const artifacts = await openArtifacts(config.artifacts);
      const {
        key,
        holds,
        artifacts: read,
        differences,
        given,
      } = await verifyResult(reader, artifacts, name, { others: true });
      if (options.json) {
        process.stdout.write(`${JSON.stringify({ key, holds, artifacts: read, differences, given }, null, 2)}\n`);
        return holds ? EXIT.ok : EXIT.failed;
      }
      const bad = read.filter(({ problem }) => problem !== null);
      const bytes = read.reduce((sum, artifact) => sum + artifact.bytes, 0);
      const lines = [
        `${read.length - bad.length} of ${read.length} artifacts (${(bytes / 1e6).toFixed(1)} MB) are as they were left`,
        ...bad.map(({ kind, job, name, problem }) => `  ${kind} ${job.slice(0, 10)} ${name}: ${problem}`),
        differences === null
          ? "the metrics cannot be computed anew: scores or posteriors cannot be read"
          : `${differences.length === 0 ? "every metric is" : `${differences.length} metrics are not`} what the scores give, to the bit`,
        ...(differences ?? []).map(
          ({ metric, stored, recomputed }) => `  ${metric}: stored ${stored}, recomputed ${recomputed}`,
        ),
        `taken as stored: ${given.join(", ")}`,
        `result ${key} ${holds ? "holds" : "does not hold"}`,
      ];
      process.stdout.write(`${lines.join("\n")}\n`);
      return holds ? EXIT.ok : EXIT.failed;
    } finally {
      await reader.close();
    }
  });
}
