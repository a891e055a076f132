import { ArtifactCorrupt, InvalidInput } from "@shadowfarm/core/errors";
import { scoreHistogram } from "@shadowfarm/core/histogram";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import type { Store } from "@shadowfarm/store/client";
import { findExperiment } from "@shadowfarm/store/experiments";
import { artifactsNamed, listResults, type ResultRow } from "@shadowfarm/store/results";
import type { FarmConfig } from "../config.ts";
import { htmlReport, markdownReport } from "../report.ts";
import type { NamedHistogram } from "../report-pictures.ts";
import { EXIT, withStore } from "../session.ts";
import { combinationName, groupsOf } from "../tables.ts";
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
    const content = file.endsWith(".md")
      ? markdownReport(experiment, results)
      : htmlReport(experiment, results, await histogramsOf(config, store, results));
    await writeWhole(file, content, "--out");
    process.stdout.write(`${file}\n`);
    return EXIT.ok;
  });
}

/** Combinations whose scores a page shows at most: a page of hundreds of pictures is not looked at. */
const MOST = 60;

async function histogramsOf(
  config: FarmConfig,
  store: Store,
  results: readonly ResultRow[],
): Promise<NamedHistogram[]> {
  const shown = groupsOf(results)
    .slice(0, MOST)
    .map(({ first }) => first);
  const refs = await artifactsNamed(
    store,
    "scores",
    shown.map(({ jobKey }) => jobKey),
  );
  const artifacts = await openArtifacts(config.artifacts);
  const histograms: NamedHistogram[] = [];
  for (const row of shown) {
    const ref = refs.get(row.jobKey);
    if (!ref) continue;
    const { scores, isMember } = (await artifacts.get(ref)).tensors;
    if (!(scores?.data instanceof Float64Array) || !(isMember?.data instanceof Uint8Array)) {
      throw new ArtifactCorrupt(`the scores of ${combinationName(row)} are not what an attack leaves`);
    }
    histograms.push({ name: combinationName(row), histogram: scoreHistogram(scores.data, isMember.data) });
  }
  return histograms;
}
