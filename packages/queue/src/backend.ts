import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import { createPostgresBackend, Queue, Worker, type WorkerOptions } from "bullmq";
import { Redis } from "ioredis";
import { makeQueueTables, QUEUE_NAME } from "./postgres-tables.ts";

/** What carries the messages: Redis when its URL is set, the farm's own Postgres otherwise. */
export interface QueueConfig {
  databaseUrl: string;
  redisUrl: string | null;
  /** Keeps farms apart that share a Redis. */
  prefix: string;
}

/** What queue and consumer need of BullMQ, the same on both backends. */
export interface Backend {
  name: "postgres" | "redis";
  queue(): Queue;
  worker(handle: (key: string) => Promise<void>, options: Omit<WorkerOptions, "connection">): Worker;
  close(): Promise<void>;
}

/**
 * Connects to the message carrier.
 *
 * @throws {EnvironmentFault} when it does not answer.
 */
export async function openBackend(config: QueueConfig): Promise<Backend> {
  return config.redisUrl === null ? openPostgres(config.databaseUrl) : openRedis(config.redisUrl, config.prefix);
}

async function openPostgres(url: string): Promise<Backend> {
  await makeQueueTables(url);
  const connection = { connectionString: url, max: 4 };
  return {
    name: "postgres",
    // The two backends differ in nothing that is used here but the type of their connection.
    queue: () => new Queue(QUEUE_NAME, { connection }, createPostgresBackend) as unknown as Queue,
    worker: (handle, options) =>
      new Worker(
        QUEUE_NAME,
        (job) => handle(job.data),
        { ...options, connection },
        createPostgresBackend,
      ) as unknown as Worker,
    close: async () => {},
  };
}

async function openRedis(url: string, prefix: string): Promise<Backend> {
  const probe = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 5_000 });
  probe.on("error", () => {});
  try {
    await probe.connect();
    await probe.ping();
  } catch (error) {
    throw new EnvironmentFault(
      `the queue at REDIS_URL cannot be reached (${messageOf(error)}); start Redis, or unset REDIS_URL to use Postgres`,
    );
  } finally {
    probe.disconnect();
  }
  const connections: Redis[] = [];
  const connect = () => {
    const connection = new Redis(url, { maxRetriesPerRequest: null });
    // Each command reports its own failure; without a listener a lost connection would end the process.
    connection.on("error", () => {});
    connections.push(connection);
    return connection;
  };
  return {
    name: "redis",
    queue: () => new Queue(QUEUE_NAME, { connection: connect(), prefix }),
    worker: (handle, options) =>
      new Worker(QUEUE_NAME, (job) => handle(job.data), { ...options, connection: connect(), prefix }),
    close: async () => {
      for (const connection of connections) connection.disconnect();
    },
  };
}
