import type { PrepareParams } from "@shadowfarm/core/job";
import { loadRecords } from "@shadowfarm/ml/data-source";
import { datasets } from "@shadowfarm/ml/datasets/index";
import type { Dataset } from "@shadowfarm/ml/unit";
import type { ExecutorContext, Made, RecordsMeta } from "./contract.ts";

/** Dataset → `features` (records × shape) and `labels` (records). */
export async function prepare({ dataset }: PrepareParams, { datasetFolders }: ExecutorContext): Promise<Made> {
  const { features, labels } = await loadRecords(dataset, datasetFolders);
  const { input, classes } = (datasets as Readonly<Record<string, Dataset>>)[dataset.name] as Dataset;
  const meta: RecordsMeta = { input, classes };
  return {
    bundles: {
      records: {
        meta,
        tensors: {
          features: { shape: [labels.length, ...input.shape], data: features },
          labels: { shape: [labels.length], data: labels },
        },
      },
    },
  };
}
