import { type DatasetState, datasetListing, knownDatasets, lookUp } from "@shadowfarm/ml/known-datasets";
import type { Dataset } from "@shadowfarm/ml/unit";
import type { FarmConfig } from "../config.ts";
import { sizeOf } from "../data/pull-view.ts";
import { EXIT } from "../session.ts";
import { renderTable } from "../tables.ts";

/** `data list`: every dataset, what the folders have of it, and how to get what they have not. */
export async function listData(config: FarmConfig, options: { json?: boolean }): Promise<number> {
  const { known, problems } = await knownDatasets(config.datasetFolders);
  const rows = await Promise.all(
    Object.values(known).map(async (dataset) => ({ dataset, found: await lookUp(dataset, config.datasetFolders) })),
  );
  if (options.json) process.stdout.write(`${JSON.stringify(rows.map(datasetListing), null, 2)}\n`);
  else print(rows);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  return problems.length > 0 || rows.some(({ found }) => found.state === "damaged") ? EXIT.failed : EXIT.ok;
}

function print(rows: readonly DatasetState[]): void {
  const right = "right" as const;
  const columns = [
    { title: "dataset" },
    { title: "data" },
    { title: "records", align: right },
    { title: "official", align: right },
    { title: "classes", align: right },
    { title: "download", align: right },
    { title: "what is there" },
  ];
  const lines = rows.map(({ dataset: { name, records, classes, downloads }, found }) => [
    name,
    found.state === "absent" ? "absent (synthetic alone)" : `${found.state} (real)`,
    found.state === "present" ? String(found.inspected.records) : "",
    String(records),
    String(classes),
    downloads.length > 0 ? sizeOf(downloads.reduce((sum, { bytes }) => sum + bytes, 0)) : "none",
    found.state === "present" ? found.located.origin : found.state === "damaged" ? found.message : "",
  ]);
  const terms = rows.map(({ dataset: { name, licence, paper } }) => [name, licence, paper]);
  const titles = [{ title: "dataset" }, { title: "licence" }, { title: "cite" }];
  process.stdout.write(`${renderTable(columns, lines)}\n\n${renderTable(titles, terms)}\n`);
  const absent = rows.filter(({ found }) => found.state === "absent").map(({ dataset }) => dataset);
  const [pullable, others] = [absent.filter(canPull), absent.filter((dataset) => !canPull(dataset))];
  const namesOf = (datasets: readonly Dataset[]) => datasets.map(({ name }) => name);
  if (absent.length > 0) {
    process.stdout.write("\nexperiments on absent data need it, or say data: synthetic\n");
  }
  if (pullable.length > 0) process.stdout.write(`  shadowfarm data pull ${namesOf(pullable).join(" ")}\n`);
  if (others.length > 0) {
    process.stdout.write(`  shadowfarm data import PATH, with files of ${namesOf(others).join(", ")}\n`);
  }
}

function canPull({ downloads }: Dataset): boolean {
  return downloads.length > 0;
}
