import { messageOf } from "@shadowfarm/core/errors";
import { knownDatasets } from "@shadowfarm/ml/known-datasets";
import type { Dataset } from "@shadowfarm/ml/unit";
import type { FarmConfig } from "../config.ts";
import { datasetsNamed } from "../data/known-datasets.ts";
import { EXIT } from "../session.ts";
import { renderTable } from "../tables.ts";

/** What reading every record of a dataset showed. */
interface Verified {
  dataset: string;
  origin: string | null;
  records: number | null;
  /** Classes that occur, of how many, and the records of the smallest and largest of them. */
  classes: { found: number; of: number; smallest: number; largest: number } | null;
  /** Groups of records that are not independent; null when all are independent. */
  groups: number | null;
  checksum: string | null;
  problem: string | null;
}

/** `data verify [NAME…]`: reads every record of the datasets that are present, or of those named. */
export async function verifyData(
  config: FarmConfig,
  names: readonly string[],
  options: { json?: boolean },
): Promise<number> {
  const { known, problems } = await knownDatasets(config.datasetFolders);
  const verified: Verified[] = [];
  // One after the other, for each fills the memory.
  for (const dataset of names.length > 0 ? datasetsNamed(names, known) : Object.values(known)) {
    const row = await verify(dataset, config.datasetFolders, names.length > 0);
    if (row !== null) verified.push(row);
  }
  if (options.json) process.stdout.write(`${JSON.stringify(verified, null, 2)}\n`);
  else print(verified);
  for (const { dataset, problem } of verified) if (problem !== null) process.stderr.write(`${dataset}: ${problem}\n`);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  return problems.length > 0 || verified.some(({ problem }) => problem !== null) ? EXIT.failed : EXIT.ok;
}

/** Null for a dataset that is absent and need not be there. */
async function verify(dataset: Dataset, folders: readonly string[], needed: boolean): Promise<Verified | null> {
  const row: Verified = {
    ...{ dataset: dataset.name, origin: null, records: null, classes: null, groups: null, checksum: null },
    problem: null,
  };
  try {
    const located = await dataset.locate(folders);
    if (located === null) {
      if (!needed) return null;
      return { ...row, problem: `not in ${folders.join(", ")}; shadowfarm data list says how to get it` };
    }
    row.origin = located.origin;
    const { records, checksum } = await dataset.inspect(located);
    row.checksum = checksum;
    const { labels, groups } = await dataset.load(located);
    row.records = labels.length;
    row.classes = balanceOf(labels, dataset.classes);
    row.groups = groups ? new Set(groups).size : null;
    if (labels.length !== records) row.problem = `${labels.length} records were read, where ${records} were announced`;
  } catch (error) {
    row.problem = messageOf(error);
  }
  return row;
}

function balanceOf(labels: Int32Array, of: number): NonNullable<Verified["classes"]> {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const sizes = [...counts.values()];
  return { found: sizes.length, of, smallest: Math.min(...sizes), largest: Math.max(...sizes) };
}

function print(verified: readonly Verified[]): void {
  const right = "right" as const;
  const columns = [
    { title: "dataset" },
    { title: "" },
    { title: "records", align: right },
    { title: "classes", align: right },
    { title: "records a class", align: right },
    { title: "groups", align: right },
    { title: "checksum" },
    { title: "what is there" },
  ];
  const lines = verified.map(({ dataset, problem, records, classes, groups, checksum, origin }) => [
    dataset,
    problem === null ? "ok" : "fail",
    String(records ?? ""),
    classes ? `${classes.found} of ${classes.of}` : "",
    classes ? `${classes.smallest}–${classes.largest}` : "",
    String(groups ?? ""),
    checksum ?? "",
    origin ?? "",
  ]);
  if (lines.length > 0) process.stdout.write(`${renderTable(columns, lines)}\n`);
  else process.stdout.write("no real data is present; shadowfarm data list says how to get some\n");
}
