import { InvalidInput } from "@shadowfarm/core/errors";
import { findExperiment } from "@shadowfarm/store/experiments";
import { listResults } from "@shadowfarm/store/results";
import type { FarmConfig } from "../config.ts";
import { htmlReport, markdownReport } from "../report.ts";
import { EXIT, withStore } from "../session.ts";
import { writeWhole } from "../whole-file.ts";

/** `report EXPERIMENT`: results beside the paper's numbers, as one page or as Markdown. */
export async function writeReport(config: FarmConfig, name: string, options: { out?: string }): Promise<number> {
  return withStore(config, async (store) => {
    const experiment = await findExperiment(store, name);
    const results = await listResults(store, { experiment: experiment.id });
    if (results.length === 0) {
      throw new InvalidInput(`${experiment.name} has no results yet; run it to its end first`);
    }
    const file = options.out ?? `${experiment.name}.html`;
    const content = (file.endsWith(".md") ? markdownReport : htmlReport)(experiment, results);
    await writeWhole(file, content, "--out");
    process.stdout.write(`${file}\n`);
    return EXIT.ok;
  });
}
