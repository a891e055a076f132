import { ArtifactCorrupt } from "@shadowfarm/core/errors";
import {
  type ArtifactRow,
  forgetScores,
  forgetUnwanted,
  referredAmong,
  referredArtifacts,
  unwantedJobs,
} from "./artifact-rows.ts";
import type { Artifacts, StoredBytes } from "./artifacts.ts";
import { forgetCheckpoints } from "./checkpoints.ts";
import type { Store } from "./client.ts";

/** How many, and how much. */
export interface Amount {
  count: number;
  bytes: number;
}

export interface Collection {
  removed: Amount;
  /** That a job refers to. */
  kept: Amount;
  /** That no job refers to, perhaps not yet. */
  young: Amount;
  /** Jobs whose artifacts no experiment wanted. */
  unwantedJobs: number;
}

const PAGE = 500;

/**
 * Removes stored bytes that no job refers to: what crashes left, checkpoints of jobs that have ended, and what belonged to jobs that no experiment wants, if
 * those are to go too. Rows go before bytes, so that what is interrupted is finished by the next time.
 *
 * @param keepMs age that bytes must have: a worker may have put them and not committed yet
 */
export async function collectArtifacts(
  store: Store,
  artifacts: Artifacts,
  { keepMs, unwanted, dryRun }: { keepMs: number; unwanted: boolean; dryRun: boolean },
): Promise<Collection> {
  const forgotten = !unwanted ? [] : dryRun ? await unwantedJobs(store) : await forgetUnwanted(store);
  if (!dryRun) await forgetCheckpoints(store);
  const collection: Collection = {
    removed: none(),
    kept: none(),
    young: none(),
    unwantedJobs: forgotten.length,
  };
  const youngest = Date.now() - keepMs;
  const settle = async (page: readonly StoredBytes[]): Promise<void> => {
    const hashes = page.flatMap(({ sha256 }) => sha256 ?? []);
    const referred = await referredAmong(store, hashes, forgotten);
    for (const { name, sha256, bytes, putAt } of page) {
      if (sha256 !== null && referred.has(sha256)) add(collection.kept, bytes);
      else if (putAt.getTime() > youngest) add(collection.young, bytes);
      else {
        if (!dryRun) await artifacts.remove(name);
        add(collection.removed, bytes);
      }
    }
  };
  let page: StoredBytes[] = [];
  for await (const stored of artifacts.list()) {
    page.push(stored);
    if (page.length < PAGE) continue;
    await settle(page);
    page = [];
  }
  await settle(page);
  return collection;
}

export interface Verification {
  good: Amount;
  bad: Amount;
  /** Who refers to what is missing or altered, and what was found. */
  problems: (ArtifactRow & { problem: string })[];
  /** Scores that were forgotten. */
  forgotten: number;
}

/**
 * Reads every artifact that a job refers to.
 *
 * @param forget forgets scores that are missing or altered. No job reads scores and would find them so; an experiment that is
 *   submitted again makes those anew that are forgotten.
 */
export async function verifyArtifacts(
  store: Store,
  artifacts: Artifacts,
  { forget = false }: { forget?: boolean } = {},
): Promise<Verification> {
  const verification: Verification = { good: none(), bad: none(), problems: [], forgotten: 0 };
  for await (const { rows, ...ref } of referredArtifacts(store)) {
    try {
      await artifacts.verify(ref);
      add(verification.good, ref.bytes);
    } catch (error) {
      if (!(error instanceof ArtifactCorrupt)) throw error;
      add(verification.bad, ref.bytes);
      verification.problems.push(...rows.map((row) => ({ ...row, problem: error.message })));
      if (forget) verification.forgotten += await forgetScores(store, ref.sha256);
    }
  }
  return verification;
}

function none(): Amount {
  return { count: 0, bytes: 0 };
}

function add(amount: Amount, bytes: number): void {
  amount.count++;
  amount.bytes += bytes;
}
