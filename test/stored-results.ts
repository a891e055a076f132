import type { Artifacts } from "@shadowfarm/store/artifacts";
import type { Store } from "@shadowfarm/store/client";

/** Writes a running experiment as if it had been planned; its name is `name of ID` unless it is given. */
export async function storeExperiment({ db }: Store, id: string, name = `name of ${id}`): Promise<void> {
  await db.experiment.create({ data: { id, name, spec: {}, datasets: [], engine: "onnx", state: "running" } });
}

/** What a cell may be else than a gap attack on real digits in repeat 0. */
export interface CellOptions {
  repeat?: number;
  attack?: string;
  attackParams?: object;
  origin?: string;
}

/** Writes a cell with its job, which is done and may be another cell's too. */
export async function storeCell(
  { db }: Store,
  experimentId: string,
  index: number,
  jobKey: string,
  { repeat = 0, attack = "gap", attackParams = {}, origin = "there" }: CellOptions = {},
): Promise<void> {
  const job = { key: jobKey, kind: "attack", params: {}, state: "done" } as const;
  await db.job.upsert({ where: { key: jobKey }, create: job, update: {} });
  const wanted = { experimentId, jobKey };
  await db.experimentJob.upsert({
    where: { experimentId_jobKey: wanted },
    create: wanted,
    update: {},
  });
  const units = { modelParams: {}, training: { epochs: 3 }, defense: "none", defenseParams: {}, attackParams };
  const data = { dataset: "mnist", data: "real" as const, origin, records: 60, model: "mlp" };
  await db.cell.create({ data: { experimentId, index, repeat, jobKey, attack, ...data, ...units } });
}

/** Writes the result of a job; of its metrics only some. */
export async function storeResult({ db }: Pick<Store, "db">, jobKey: string, auc: number): Promise<void> {
  const where = { engine: "onnx", machine: "m", version: "1", computeSeconds: 1 };
  const intervals = { auc: [auc, auc], tprAtFpr: {} };
  const tprAtFpr = { "0.1": auc / 2, "0.01": null };
  const metrics = { auc, testAccuracy: 0.5, tprAtFpr, members: 60, noSignal: false, intervals };
  await db.result.create({ data: { jobKey, metrics, ...where } });
}

/** Writes the scores of a job: two members and two others. */
export async function storeScores({ db }: Store, artifacts: Artifacts, jobKey: string): Promise<void> {
  const shape = [4];
  const tensors = {
    scores: { shape, data: Float64Array.from([0.9, 0.8, 0.4, 0.1]) },
    isMember: { shape, data: Uint8Array.from([1, 0, 1, 0]) },
    indices: { shape, data: Uint32Array.from([0, 1, 2, 3]) },
    labels: { shape, data: Int32Array.from([0, 1, 0, 1]) },
  };
  const { sha256, bytes } = await artifacts.put({ meta: {}, tensors });
  await db.artifact.create({ data: { jobKey, name: "scores", sha256, bytes } });
}
