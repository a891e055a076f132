import type { PlannedJob } from "@shadowfarm/core/graph";
import type { JobWork } from "@shadowfarm/core/job";
import type { Cell, Plan } from "@shadowfarm/core/plan";
import { trainingSchema } from "@shadowfarm/core/training";
import type { Store } from "@shadowfarm/store/client";
import { submitExperiment, type Terms } from "@shadowfarm/store/experiments";
import { recordPlan } from "@shadowfarm/store/plans";

/** A plan by its edges: `aPlan({ a: [], b: ["a"] })`. The jobs have no other parameters; nothing computes them. */
export function aPlan(inputsOf: Readonly<Record<string, readonly string[]>>): Plan {
  const jobs = Object.entries(inputsOf).map(([key, inputs]): PlannedJob => {
    const work = {
      kind: inputs.length > 0 ? "attack" : "prepare",
      params: { inputs: { all: [...inputs] } },
    } as unknown as JobWork;
    return { ...work, key, effort: 0 };
  });
  return { jobs, cells: [] };
}

/** A cell of the smallest kind, whose result is nobody's yet. */
export const aCell: Omit<Cell, "jobKey"> = {
  dataset: { name: "none", version: 1, source: "real", checksum: "test", records: 40, largestGroup: 1, origin: "test" },
  datasetParams: {},
  records: 10,
  split: "quarters",
  model: { name: "mlp", version: 1, params: {} },
  training: trainingSchema.parse({}),
  defense: { name: "none", version: 1, params: {} },
  attack: { name: "gap", version: 1, params: {} },
  attacker: "aware",
  repeat: 0,
};

/** A training on the records of job `records`, which differs from others in what is given alone. */
export function aTraining(
  key: string,
  {
    records = "records",
    owner = 0,
    seed = "1",
    params = {},
    epochs = 1,
  }: { records?: string; owner?: number; seed?: string; params?: Record<string, unknown>; epochs?: number },
): PlannedJob {
  return {
    key,
    effort: 0,
    kind: "train",
    params: {
      inputs: { records },
      engine: "test",
      seed,
      split: { scheme: "quarters", seed, side: 10 },
      owner,
      input: { kind: "binary", shape: [4], low: 0, high: 1 },
      encoding: { kind: "none" },
      model: { name: "mlp", version: 1, params },
      defense: { name: "none", version: 1, params: {} },
      training: trainingSchema.parse({ epochs }),
    },
  };
}

/** Submits an experiment and writes a plan for it, as the scheduler would. Returns the experiment's id. */
export async function planned(
  store: Store,
  name: string,
  plan: Plan,
  terms: Terms = {},
  engine = "test",
): Promise<string> {
  const spec = {
    name,
    seed: 1,
    repeats: 1,
    datasets: ["none"],
    data: "real",
    split: "quarters",
    model: "auto",
    training: {},
    attacks: ["gap"],
    defenses: ["none"],
    attacker: "aware",
  } as const;
  const lists = { datasets: [...spec.datasets], attacks: [...spec.attacks], defenses: [...spec.defenses] };
  const submission = { spec: { ...spec, paper: [], ...lists }, datasets: [], engine };
  const id = await submitExperiment(store, submission, terms);
  await recordPlan(store, id, plan);
  return id;
}

/** The states of all jobs, by key. */
export async function statesOf(store: Store): Promise<Record<string, string>> {
  const jobs = await store.db.job.findMany({ select: { key: true, state: true }, orderBy: { key: "asc" } });
  return Object.fromEntries(jobs.map(({ key, state }) => [key, state]));
}
