import { trainingSchema } from "@shadowfarm/core/training";
import type { ResultRow } from "@shadowfarm/store/results";

type Metrics = ResultRow["metrics"];

/** A result, but for the given fields; `metrics` are added to those that tables show, with intervals of ± 0.03. */
export function aResult({
  metrics,
  ...changes
}: Partial<Omit<ResultRow, "metrics">> & { metrics?: Partial<Metrics> } = {}): ResultRow {
  const shown = {
    trainAccuracy: 0.99,
    testAccuracy: 0.85,
    auc: 0.57,
    balancedAccuracy: 0.56,
    precisionMacro: 0.58,
    recallMacro: 0.56,
    tprAtFpr: { "0.1": 0.2, "0.01": 0.02, "0.001": null },
    nonMembers: 600,
    noSignal: false,
    ...metrics,
  };
  const around = (value: number) => [value - 0.03, value + 0.03];
  const intervals = {
    testAccuracy: around(shown.testAccuracy),
    auc: around(shown.auc),
    tprAtFpr: { "0.1": [0.17, 0.23], "0.01": [0.01, 0.03], "0.001": null },
  };
  return {
    experiment: "small",
    experimentId: "0123456789",
    dataset: "mnist",
    data: "real",
    origin: "IDX files",
    datasetParams: {},
    records: 600,
    split: "quarters",
    model: "mlp",
    modelParams: { hidden: 128, activation: "tanh" },
    training: trainingSchema.parse({}),
    attack: "gap",
    attackParams: {},
    attacker: "aware",
    defense: "none",
    defenseParams: {},
    repeat: 0,
    engine: "cpu",
    machine: "here",
    version: "0.1.0",
    computeSeconds: 1,
    jobKey: "key",
    ...changes,
    metrics: { intervals, ...shown } as unknown as Metrics,
  };
}
