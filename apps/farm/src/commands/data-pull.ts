import { knownDatasets } from "@shadowfarm/ml/known-datasets";
import type { FarmConfig } from "../config.ts";
import { datasetsNamed, firstFolder } from "../data/known-datasets.ts";
import { pullAndReport } from "../data/pull-report.ts";
import { EXIT, interruption } from "../session.ts";

/** `data pull NAME…|all`: downloads what is missing, and says of each file what makes it trustworthy. */
export async function pullData(
  config: FarmConfig,
  names: readonly string[],
  options: { json?: boolean },
): Promise<number> {
  const { known } = await knownDatasets(config.datasetFolders);
  const all = Object.values(known);
  const wanted =
    names.length === 1 && names[0] === "all"
      ? all.filter(({ downloads }) => downloads.length > 0)
      : datasetsNamed(names, known);
  const folders = [firstFolder(config), ...config.datasetFolders.slice(1)] as const;
  return EXIT[await pullAndReport(wanted, folders, options.json ?? false, interruption())];
}
