import { show } from "@shadowfarm/core/validation";
import { openBackend, type QueueConfig } from "./backend.ts";

/** Each pool of workers has a queue of its own; this one is for whoever takes part in none. */
const NO_POOL = "";

/** A job to be run: its key, and the fence at which it became ready, so that each readiness is one message. */
export interface Message {
  key: string;
  fence: number;
}

/** The sending side of the queue. */
export interface Sender {
  readonly backend: "postgres" | "redis";
  /** Messages that are already there are ignored. */
  send(messages: readonly Message[], pool?: string): Promise<void>;
  /** Messages waiting or being handled, in the queues of these pools. */
  size(pools?: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

/** The receiving side of the queue. */
export interface Consumer {
  /** Messages that nobody has taken yet. @throws when the queue does not answer. */
  waiting(): Promise<number>;
  /** Begins anew to take messages; those that are being handled are not waited for. One more than fits may come meanwhile. */
  reopen(): Promise<void>;
  /** Takes no further messages and waits for the ones being handled. */
  close(): Promise<void>;
}

/** @throws {EnvironmentFault} when the queue cannot be reached. */
export async function openSender(config: QueueConfig): Promise<Sender> {
  const backend = await openBackend(config);
  const queues = new Map<string, Promise<ReturnType<typeof backend.queue>>>();
  const open = async (pool: string) => {
    await backend.ping();
    const queue = backend.queue(pool);
    queue.on("error", () => {});
    return queue;
  };
  const queueOf = (pool: string) => {
    const known = queues.get(pool);
    if (known !== undefined) return known;
    const opening = open(pool);
    queues.set(pool, opening);
    opening.catch(() => queues.delete(pool));
    return opening;
  };
  return {
    backend: backend.name,
    async send(messages, pool = NO_POOL) {
      const queue = await queueOf(pool);
      await queue.addBulk(
        messages.map(({ key, fence }) => ({
          name: "job",
          data: key,
          // BullMQ never takes an id again that it still keeps, so nothing is kept: the row in Postgres is the record.
          opts: { jobId: `${key}-${fence}`, removeOnComplete: true, removeOnFail: true },
        })),
      );
    },
    async size(pools = [NO_POOL]) {
      const counts = await Promise.all(
        pools.map(async (pool) => (await queueOf(pool)).getJobCounts("waiting", "active", "prioritized", "delayed")),
      );
      return counts.flatMap(Object.values<number>).reduce((sum, count) => sum + count, 0);
    },
    async close() {
      await Promise.all([...queues.values()].map(async (opening) => (await opening.catch(() => null))?.close()));
      await backend.close();
    },
  };
}

/**
 * Handles messages, up to `concurrency` at a time. A handler that throws loses its message: the scheduler sends it again,
 * since the job's row is still ready. Who cannot handle one would lose all the others too, faster than anybody handles them: so
 * none is taken until `recovered`.
 *
 * @throws {EnvironmentFault} when the queue cannot be reached.
 */
export async function consume(
  config: QueueConfig,
  options: { concurrency: number; pool?: string; onError: (error: Error) => void; recovered?: () => Promise<void> },
  handle: (key: string) => Promise<void>,
): Promise<Consumer> {
  const backend = await openBackend(config);
  const { pool = NO_POOL, concurrency, onError, recovered } = options;
  let handling = 0;
  let standsBack = false;
  const standBack = async (): Promise<void> => {
    if (standsBack) return;
    standsBack = true;
    await worker.pause(true);
    await recovered?.();
    standsBack = false;
    await worker.resume();
  };
  const take = async (data: unknown) => {
    // Whoever may write to the queue can put anything there.
    if (typeof data !== "string") return onError(new Error(`dropped a message that is no job's key: ${show(data)}`));
    handling += 1;
    try {
      await handle(data);
    } catch (error) {
      standBack().catch(onError);
      throw error;
    } finally {
      handling -= 1;
    }
  };
  const open = async (most: number) => {
    const worker = backend.worker(pool, take, {
      concurrency: most,
      // The lock is renewed by this process, which never computes; a message whose process died is handed on after it.
      lockDuration: 15_000,
      stalledInterval: 5_000,
      // A job that keeps killing its workers is given up by its row, not by the queue.
      maxStalledCount: 1_000,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    worker.on("error", onError);
    await worker.waitUntilReady();
    return worker;
  };
  let worker = await open(concurrency);
  let closing = Promise.resolve();
  const queue = backend.queue(pool);
  queue.on("error", onError);
  return {
    async waiting() {
      return queue.getJobCountByTypes("waiting", "prioritized");
    },
    async reopen() {
      // It takes nothing on purpose, and goes on by itself.
      if (standsBack) return;
      const old = worker;
      const next = await open(Math.max(1, concurrency - handling));
      worker = next;
      const closed = old.close().then(() => {
        next.concurrency = concurrency;
      }, onError);
      closing = Promise.all([closing, closed]).then(() => {});
    },
    async close() {
      await Promise.all([worker.close(), closing]);
      await queue.close();
      await backend.close();
    },
  };
}
