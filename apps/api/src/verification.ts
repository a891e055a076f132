import { ArtifactCorrupt, NotFound } from "@shadowfarm/core/errors";
import { type Difference, differencesFrom } from "@shadowfarm/core/recompute";
import { accuraciesOf } from "@shadowfarm/ml/judge";
import type { Artifacts } from "@shadowfarm/store/artifacts";
import { type JobDetail, jobDetails, provenanceOf, upstreamKeys } from "@shadowfarm/store/job-rows";
import type { Reader } from "@shadowfarm/store/reader";
import { findResult, scoresOf } from "@shadowfarm/store/scores";

/** What became of what a result is made of, and whether it still gives the result. */
export interface Verification {
  key: string;
  /** Whether everything is there, unaltered, and gives the stored numbers. */
  holds: boolean;
  artifacts: { kind: JobDetail["kind"]; job: string; name: string; bytes: number; problem: string | null }[];
  /** Null where the scores cannot be read. */
  differences: Difference[] | null;
  /** Metrics that scores cannot give, which were taken as stored. */
  given: string[];
}

/** Jobs whose artifacts are read at a time. */
const CHUNK = 100;

/**
 * Reads what the target's way to a result left against its hashes, and computes the metrics anew from the scores.
 *
 * @param others whether what shadow models and other records left is read too, of which there may be very much
 * @throws {NotFound} when there is no such result.
 */
export async function verifyResult(
  reader: Reader,
  artifacts: Artifacts,
  name: string,
  { others }: { others: boolean },
): Promise<Verification> {
  const { jobKey: key, metrics } = await findResult(reader, name);
  const { chain } = await provenanceOf(reader, key);
  const keys = others ? await upstreamKeys(reader, key) : chain.map((job) => job.key);
  const found: Verification["artifacts"] = [];
  for (let first = 0; first < keys.length; first += CHUNK) {
    for (const { kind, key: job, artifacts: left } of await jobDetails(reader, keys.slice(first, first + CHUNK))) {
      for (const { name, sha256, bytes } of left) {
        const problem = await problemOf(() => artifacts.verify({ sha256, bytes }));
        found.push({ kind, job, name, bytes, problem });
      }
    }
  }
  const target = chain.find(({ kind }) => kind === "query")?.artifacts.find(({ name }) => name === "posteriors");
  const recomputed = await readable(async () => {
    const { scores, isMember, labels } = await scoresOf(reader, artifacts, key);
    if (!target) throw new NotFound("the target's posteriors were removed");
    const { meta, tensors } = await artifacts.get(target);
    const { classes, views } = meta as { classes: number; views: number };
    const [posteriors, known] = [tensors.posteriors?.data, tensors.labels?.data];
    if (!(posteriors instanceof Float32Array) || !(known instanceof Int32Array)) {
      throw new ArtifactCorrupt("the target's posteriors are not what a query leaves");
    }
    const accuracy = accuraciesOf({ posteriors, labels: known, classes, views }, isMember);
    return differencesFrom(metrics, { scores, isMember, labels, classes, accuracy });
  });
  const { differences = null, given = [] } = recomputed ?? {};
  const holds = differences?.length === 0 && found.every(({ problem }) => problem === null);
  return { key, holds, artifacts: found, differences, given };
}

async function problemOf(check: () => Promise<void>): Promise<string | null> {
  try {
    await check();
    return null;
  } catch (error) {
    if (error instanceof ArtifactCorrupt) return error.message;
    throw error;
  }
}

/** Null where something is missing or altered, which the list of artifacts says. */
async function readable<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ArtifactCorrupt || error instanceof NotFound) return null;
    throw error;
  }
}
