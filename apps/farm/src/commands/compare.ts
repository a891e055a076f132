import { findExperiment } from "@shadowfarm/store/experiments";
import { listResults } from "@shadowfarm/store/results";
import { type CompareOptions, checkOptions, comparison } from "../comparison.ts";
import type { FarmConfig } from "../config.ts";
import { EXIT, withStore } from "../session.ts";

/** `compare [EXPERIMENT]`: defenses by attacks; with `--frontier` what each costs, and which of them no other beats. */
export async function compare(config: FarmConfig, name: string | undefined, options: CompareOptions): Promise<number> {
  checkOptions(options);
  const results = await withStore(config, async (store) => {
    if (name === undefined) return listResults(store);
    const { id } = await findExperiment(store, name);
    return listResults(store, { experiment: id });
  });
  process.stdout.write(`${comparison(results, options, name)}\n`);
  return EXIT.ok;
}
