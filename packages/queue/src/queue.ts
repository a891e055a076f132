import { openBackend, type QueueConfig } from "./backend.ts";

/** A job to be run: its key, and the fence at which it became ready, so that each readiness is one message. */
export interface Message {
  key: string;
  fence: number;
}

/** The sending side of the queue. */
export interface Sender {
  readonly backend: "postgres" | "redis";
  /** Messages that are already there are ignored. */
  send(messages: readonly Message[]): Promise<void>;
  /** Messages waiting or being handled. */
  size(): Promise<number>;
  close(): Promise<void>;
}

/** The receiving side of the queue. */
export interface Consumer {
  /** @throws when the queue does not answer. */
  ping(): Promise<void>;
  /** Takes no further messages and waits for the ones being handled. */
  close(): Promise<void>;
}

/** @throws {EnvironmentFault} when the queue cannot be reached. */
export async function openSender(config: QueueConfig): Promise<Sender> {
  const backend = await openBackend(config);
  const queue = backend.queue();
  queue.on("error", () => {});
  return {
    backend: backend.name,
    async send(messages) {
      await queue.addBulk(
        messages.map(({ key, fence }) => ({
          name: "job",
          data: key,
          // BullMQ never takes an id again that it still keeps, so nothing is kept: the row in Postgres is the record.
          opts: { jobId: `${key}-${fence}`, removeOnComplete: true, removeOnFail: true },
        })),
      );
    },
    async size() {
      const counts = await queue.getJobCounts("waiting", "active", "prioritized", "delayed");
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
    async close() {
      await queue.close();
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
  options: { concurrency: number; onError: (error: Error) => void; recovered?: () => Promise<void> },
  handle: (key: string) => Promise<void>,
): Promise<Consumer> {
  const backend = await openBackend(config);
  let standsBack = false;
  const standBack = async (): Promise<void> => {
    if (standsBack) return;
    standsBack = true;
    await worker.pause(true);
    await options.recovered?.();
    standsBack = false;
    await worker.resume();
  };
  const take = async (key: string): Promise<void> => {
    try {
      await handle(key);
    } catch (error) {
      standBack().catch(options.onError);
      throw error;
    }
  };
  const worker = backend.worker(take, {
    concurrency: options.concurrency,
    // The lock is renewed by this process, which never computes; a message whose process died is handed on after it.
    lockDuration: 15_000,
    stalledInterval: 5_000,
    // A job that keeps killing its workers is given up by its row, not by the queue.
    maxStalledCount: 1_000,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  worker.on("error", options.onError);
  await worker.waitUntilReady();
  const queue = backend.queue();
  queue.on("error", options.onError);
  return {
    async ping() {
      await queue.getJobCounts("active");
    },
    async close() {
      await worker.close();
      await queue.close();
      await backend.close();
    },
  };
}
