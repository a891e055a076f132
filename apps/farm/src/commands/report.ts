import { ArtifactCorrupt, InvalidInput } from "@shadowfarm/core/errors";
import { scoreHistogram } from "@shadowfarm/core/histogram";
import { rocCurve } from "@shadowfarm/core/roc";
import { rocBand } from "@shadowfarm/core/roc-band";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import type { Store } from "@shadowfarm/store/client";
import { findExperiment } from "@shadowfarm/store/experiments";
import { artifactsNamed, listResults, type ResultRow } from "@shadowfarm/store/results";
import type { FarmConfig } from "../config.ts";
import { htmlReport, markdownReport } from "../report.ts";
import type { ScoredAttack } from "../report-pictures.ts";
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
      : htmlReport(experiment, results, await scoresOf(config, store, results));
    await writeWhole(file, content, "--out");
    process.stdout.write(`${file}\n`);
    return EXIT.ok;
  });
}

/** Combinations whose scores a page shows at most: a page of hundreds of pictures is not looked at. */
const MOST = 60;

async function scoresOf(config: FarmConfig, store: Store, results: readonly ResultRow[]): Promise<ScoredAttack[]> {
  const shown = groupsOf(results).slice(0, MOST);
  const keys = shown.flatMap(({ rows }) => rows.map(({ jobKey }) => jobKey));
  const refs = await artifactsNamed(store, "scores", keys);
  const artifacts = await openArtifacts(config.artifacts);
  const read = async (row: ResultRow) => {
    const ref = refs.get(row.jobKey);
    if (!ref) return [];
    const { scores, isMember } = (await artifacts.get(ref)).tensors;
    if (!(scores?.data instanceof Float64Array) || !(isMember?.data instanceof Uint8Array)) {
      throw new ArtifactCorrupt(`the scores of ${combinationName(row)} are not what an attack leaves`);
    }
    return [{ roc: rocCurve(scores.data, isMember.data), histogram: scoreHistogram(scores.data, isMember.data) }];
  };
  const scored: ScoredAttack[] = [];
  for (const { first, rows } of shown) {
    const [one, ...others] = (await Promise.all(rows.map(read))).flat();
    if (!one) continue;
    const band = rocBand([one.roc, ...others.map(({ roc }) => roc)]);
    scored.push({ first, histogram: one.histogram, band });
  }
  return scored;
}
