import type { PrepareParams } from "@shadowfarm/core/job";
import { loadRecords } from "@shadowfarm/ml/data-source";
import type { ExecutorContext, Made } from "./contract.ts";
import { recordsBundle } from "./records.ts";

/** Dataset → its records, decoded once for all models. */
export async function prepare(params: PrepareParams, { datasetFolders }: ExecutorContext): Promise<Made> {
  const { dataset, records } = await loadRecords(params.dataset, datasetFolders);
  // How records are given to a model is the model's affair; here any parameters do.
  return { bundles: { records: recordsBundle(dataset.input(dataset.params.parse({})), dataset.classes, records) } };
}
