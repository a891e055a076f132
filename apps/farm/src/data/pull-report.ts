import type { Dataset } from "@shadowfarm/ml/unit";
import { checksumNames } from "./data-folder.ts";
import { type PulledDataset, type PulledFile, pullDatasets } from "./pull.ts";
import { openPullView } from "./pull-view.ts";

/** Pulls datasets into the first of the folders, with progress on standard error and what is there then on the other. */
export async function pullAndReport(
  wanted: readonly Dataset[],
  folders: readonly [string, ...string[]],
  json: boolean,
  signal: AbortSignal,
): Promise<"ok" | "failed" | "interrupted"> {
  const view = openPullView();
  try {
    const pulled = await pullDatasets(wanted, folders, { signal, view });
    view.close();
    if (json) process.stdout.write(`${JSON.stringify(pulled, null, 2)}\n`);
    else for (const dataset of pulled) print(dataset);
    for (const { files, problem } of pulled) {
      for (const line of files.flatMap(({ problems }) => problems)) process.stderr.write(`${line}\n`);
      if (problem !== null) process.stderr.write(`${problem}\n`);
    }
    return pulled.some(({ problem }) => problem !== null) ? "failed" : "ok";
  } catch (error) {
    view.close();
    if (!signal.aborted) throw error;
    process.stderr.write("interrupted; what has arrived is kept, and the same command goes on from there\n");
    return "interrupted";
  }
}

function print({ dataset, files, found }: PulledDataset): void {
  for (const file of files) process.stdout.write(`${dataset}/${file.file}: ${describe(file)}\n`);
  if (found === null) return;
  const { origin, records, checksum } = found;
  const before = files.length === 0 ? "all records were here: " : "";
  process.stdout.write(`${dataset}: ${before}real data (${origin}), ${records} records, checksum ${checksum}\n`);
}

function describe({ state, checksum }: PulledFile): string {
  if (state === "failed") return "failed";
  if (state === "kept") return "kept: it is not the published file, but can be read; move it away to download that";
  const name = checksum && checksumNames[checksum.algorithm];
  if (checksum?.published) return `${state}, ${name} as published`;
  return `${state}; no checksum is published, its ${name} ${checksum?.hex} is recorded in SHA256SUMS`;
}
