import { listResults, type ResultFilter } from "@shadowfarm/store/results";
import type { FarmConfig } from "../config.ts";
import { EXIT, report, withStore } from "../session.ts";

/** `results`: with `--json` nothing else is on standard output, and no result is an empty list. */
export async function showResults(
  config: FarmConfig,
  { json, ...filter }: ResultFilter & { json?: boolean },
): Promise<number> {
  const results = await withStore(config, (store) => listResults(store, filter));
  if (results.length === 0 && !json) process.stderr.write("no results yet; run an experiment: shadowfarm run SPEC\n");
  report(results, json ?? false);
  return EXIT.ok;
}
