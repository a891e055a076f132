import { ArtifactCorrupt, messageOf } from "@shadowfarm/core/errors";
import type { Artifacts } from "@shadowfarm/store/artifacts";
import { type JobDetail, jobDetails, trainedBeside } from "@shadowfarm/store/job-rows";
import type { Reader } from "@shadowfarm/store/reader";

/** How models learnt. */
export interface Learning {
  classes: number | null;
  losses: { key: string; owner: string; losses: number[] }[];
  /** Why losses are missing, model by model. */
  unread: string[];
}

/**
 * The losses that trainings left with their weights: the target's, and some other models' that went into a result.
 *
 * @param chain the target's way
 * @param others how many of the other models
 */
export async function learningOf(
  reader: Reader,
  artifacts: Artifacts,
  resultKey: string,
  chain: readonly JobDetail[],
  others: number,
): Promise<Learning> {
  const own = chain.filter(({ kind }) => kind === "train");
  const keys =
    others === 0
      ? []
      : await trainedBeside(
          reader,
          resultKey,
          own.map(({ key }) => key),
          others,
        );
  const unread: string[] = [];
  const metaOf = async (
    { kind, key, artifacts: left }: JobDetail,
    name: string,
  ): Promise<Record<string, unknown> | null> => {
    const ref = left.find((artifact) => artifact.name === name);
    try {
      if (!ref) throw new ArtifactCorrupt("it was removed");
      const opened = await artifacts.open(ref);
      await opened.close();
      return opened.meta as Record<string, unknown>;
    } catch (error) {
      if (!(error instanceof ArtifactCorrupt)) throw error;
      unread.push(`${name} of ${kind} ${key}: ${messageOf(error)}`);
      return null;
    }
  };
  const losses: Learning["losses"] = [];
  for (const job of [...own, ...(await jobDetails(reader, keys))]) {
    const meta = await metaOf(job, "weights");
    if (meta && Array.isArray(meta.losses)) {
      losses.push({ key: job.key, owner: String(job.params.owner ?? ""), losses: meta.losses as number[] });
    }
  }
  const query = chain.find(({ kind }) => kind === "query");
  const answers = query ? await metaOf(query, "posteriors") : null;
  return { classes: typeof answers?.classes === "number" ? answers.classes : null, losses, unread };
}
