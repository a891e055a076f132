import type { Attacker } from "@shadowfarm/core/experiment";
import type { Metrics } from "@shadowfarm/core/metrics";
import type { SplitScheme } from "@shadowfarm/core/split";
import type { Training } from "@shadowfarm/core/training";
import type { ArtifactRef } from "./artifacts.ts";
import type { Store } from "./client.ts";
import { Prisma } from "./generated/client.ts";

/** One line of `results`: a cell in one repeat, and its numbers. */
export interface ResultRow {
  experiment: string;
  experimentId: string;
  dataset: string;
  data: "real" | "synthetic";
  origin: string;
  datasetParams: Record<string, unknown>;
  /** Members of a model, and as many non-members. */
  records: number;
  split: SplitScheme;
  model: string;
  modelParams: Record<string, unknown>;
  training: Training;
  attack: string;
  attackParams: Record<string, unknown>;
  attacker: Attacker;
  defense: string;
  defenseParams: Record<string, unknown>;
  repeat: number;
  engine: string;
  machine: string;
  version: string;
  computeSeconds: number;
  jobKey: string;
  metrics: Metrics;
}

export interface ResultFilter {
  /** Name or id. */
  experiment?: string;
  dataset?: string;
  attack?: string;
  defense?: string;
  model?: string;
}

/** Results in the order of their experiments and cells. */
export async function listResults(store: Store, filter: ResultFilter = {}): Promise<ResultRow[]> {
  const conditions = [
    filter.experiment && Prisma.sql`(experiment.name = ${filter.experiment} OR experiment.id = ${filter.experiment})`,
    filter.dataset && Prisma.sql`cell.dataset = ${filter.dataset}`,
    filter.attack && Prisma.sql`cell.attack = ${filter.attack}`,
    filter.defense && Prisma.sql`cell.defense = ${filter.defense}`,
    filter.model && Prisma.sql`cell.model = ${filter.model}`,
  ].filter((condition) => typeof condition === "object");
  const where = conditions.length > 0 ? Prisma.sql`WHERE ${Prisma.join(conditions, " AND ")}` : Prisma.empty;
  return store.db.$queryRaw<ResultRow[]>`
    SELECT experiment.name AS experiment, experiment.id AS "experimentId",
           cell.dataset, cell.data::text, cell.origin, cell."datasetParams", cell.records, cell.split, cell.model, cell."modelParams", cell.training,
           cell.attack, cell."attackParams", cell.attacker, cell.defense, cell."defenseParams", cell.repeat,
           result.engine, result.machine, result.version, result."computeSeconds", cell."jobKey", result.metrics
    FROM "Cell" cell
    JOIN "Experiment" experiment ON experiment.id = cell."experimentId"
    JOIN "Result" result ON result."jobKey" = cell."jobKey"
    ${where}
    ORDER BY experiment."submittedAt", experiment.id, cell.index`;
}

/** The artifacts of one name that jobs left, by the jobs' keys; jobs without one are left out. */
export async function artifactsNamed(
  store: Store,
  name: string,
  jobKeys: readonly string[],
): Promise<Map<string, ArtifactRef>> {
  const rows = await store.db.artifact.findMany({ where: { name, jobKey: { in: [...jobKeys] } } });
  return new Map(rows.map(({ jobKey, sha256, bytes }) => [jobKey, { sha256, bytes }]));
}
