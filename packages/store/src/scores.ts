import { ArtifactCorrupt, NotFound } from "@shadowfarm/core/errors";
import type { Artifacts } from "./artifacts.ts";
import { Prisma } from "./generated/client.ts";
import { findKey } from "./job-rows.ts";
import type { Reader } from "./reader.ts";
import type { ResultRow } from "./results.ts";

const { sql } = Prisma;

/** One result, and the cells of which it is. */
export type ResultDetail = ResultRow & { cells: { experiment: string; experimentId: string; repeat: number }[] };

/**
 * A result with everything that is stored of it; told by the oldest of its cells.
 *
 * @throws {NotFound} when there is none, or no experiment has it any more.
 */
export async function findResult(reader: Reader, name: string): Promise<ResultDetail> {
  const key = await findKey(reader, "result", name);
  const rows = await reader.query<ResultRow>(sql`
    SELECT row.experiment, row."experimentId", row.dataset, row.data::text, row.origin, row."datasetParams", row.records, row.split,
           row.model, row."modelParams", row.training, row.attack, row."attackParams", row.attacker, row.defense,
           row."defenseParams", row.repeat, row.engine, row.machine, row.version, row."computeSeconds", row."jobKey",
           result.metrics
    FROM "ResultRow" row JOIN "Result" result ON result."jobKey" = row."jobKey"
    WHERE row."jobKey" = ${key} ORDER BY row.id LIMIT 1000`);
  const [first] = rows;
  if (!first) throw new NotFound(`no experiment has the result ${key} any more; submit one that asks for it`);
  const cells = rows.map(({ experiment, experimentId, repeat }) => ({ experiment, experimentId, repeat }));
  return { ...first, cells };
}

/** What an attack said of each record, beside the truth. */
export interface Scores {
  key: string;
  scores: Float64Array; // records
  isMember: Uint8Array; // records
  /** Places in the dataset. */
  indices: Uint32Array; // records
  labels: Int32Array; // records
}

/**
 * The scores that a result was computed from.
 *
 * @throws {NotFound} when there is no such result, or its scores were removed.
 * @throws {ArtifactCorrupt} when the stored bytes are missing or altered.
 */
export async function scoresOf(reader: Reader, artifacts: Artifacts, name: string): Promise<Scores> {
  const key = await findKey(reader, "result", name);
  const [ref] = await reader.query<{ sha256: string; bytes: number }>(
    sql`SELECT sha256, bytes FROM "Artifact" WHERE "jobKey" = ${key} AND name = 'scores'`,
  );
  if (!ref)
    throw new NotFound(`the scores of result ${key} were removed; submit its experiment again to make them anew`);
  const { tensors } = await artifacts.get(ref);
  const read = <T>(array: string, type: new (length: number) => T): T => {
    const data = tensors[array]?.data;
    if (data instanceof type) return data;
    throw new ArtifactCorrupt(`the scores of result ${key} have no array "${array}"`);
  };
  return {
    key,
    scores: read("scores", Float64Array),
    isMember: read("isMember", Uint8Array),
    indices: read("indices", Uint32Array),
    labels: read("labels", Int32Array),
  };
}
