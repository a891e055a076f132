import { randomFillSync } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseExperiment } from "@shadowfarm/core/experiment";
import { compilePlan } from "@shadowfarm/core/plan";
import { catalog } from "@shadowfarm/ml/catalog";
import { resolveDataset } from "@shadowfarm/ml/data-source";
import { openFolder } from "@shadowfarm/store/folder-artifacts";
import type { Claim } from "@shadowfarm/store/jobs";
import { runExecutor } from "../apps/worker/src/executors/executor.ts";
import { openNamedEngine } from "../apps/worker/src/executors/units.ts";

// A process that prepares a CIFAR-10 of official size and trains and asks one model of a quarter of it, as a compute
// process would, and tells the most memory that it ever held: run by test/golden/memory.test.ts.

const [, , folder = ""] = process.argv;
const datasets = path.join(folder, "datasets");
const batches = path.join(datasets, "cifar-10-batches-bin");
await mkdir(batches, { recursive: true });
const names = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`).concat("test_batch.bin");
for (const name of names) await writeFile(path.join(batches, name), aBatch(10_000));

const artifacts = openFolder(path.join(folder, "artifacts"));
const experiment = parseExperiment(
  { name: "memory", datasets: ["cifar10"], attacks: ["gap"], training: { epochs: 1 } },
  catalog,
);
const dataset = await resolveDataset({ name: "cifar10", data: "real" }, [datasets]);
const { jobs } = compilePlan(experiment, catalog, { datasets: [dataset], engine: "onnx" });
const inputs: Claim["inputs"] = {};
for (const job of jobs) {
  const claim: Claim = { ...job, fence: 1, experiment: null, inputs, checkpoint: [] };
  const made = await runExecutor(claim, {
    artifacts,
    datasetFolders: [datasets],
    openEngine: (name) => openNamedEngine(name, { nchwc: true }),
    claimMore: async () => [],
    resuming: async (engine) => engine,
    signal: new AbortController().signal,
  });
  const one = made.get(job.key);
  if (one === undefined || one instanceof Error) throw one ?? new Error(`${job.kind} made nothing`);
  inputs[job.key] = {};
  for (const [name, bundle] of Object.entries(one.bundles)) {
    (inputs[job.key] as Record<string, unknown>)[name] = await artifacts.put(bundle);
  }
}
const { maxRSS } = process.resourceUsage();
process.stdout.write(
  JSON.stringify({ records: dataset.records, jobs: jobs.map(({ kind }) => kind), megabytes: maxRSS / 1024 }),
);

/** Random pixels under random labels. */
function aBatch(records: number): Uint8Array {
  const batch = randomFillSync(new Uint8Array(records * 3073));
  for (let at = 0; at < batch.length; at += 3073) batch[at] = (batch[at] as number) % 10;
  return batch;
}
