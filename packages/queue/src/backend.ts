import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import { createPostgresBackend, Queue, runMigrations, Worker, type WorkerOptions } from "bullmq";
import { Redis } from "ioredis";
import pg from "pg";

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
  /** @param pool whose queue */
  queue(pool: string): Queue;
  worker(pool: string, handle: (data: unknown) => Promise<void>, options: Omit<WorkerOptions, "connection">): Worker;
  close(): Promise<void>;
}

function queueName(pool: string): string {
  return pool === "" ? "jobs" : `jobs-${pool}`;
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
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await runMigrations(client);
  } catch (error) {
    throw new EnvironmentFault(`the queue's tables cannot be made in the database (${messageOf(error)})`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => {});
  }
  const connection = { connectionString: url, max: 4 };
  return {
    name: "postgres",
    // The two backends differ in nothing that is used here but the type of their connection.
    queue: (pool) => new Queue(queueName(pool), { connection }, createPostgresBackend) as unknown as Queue,
    worker: (pool, handle, options) =>
      new Worker(
        queueName(pool),
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
    queue: (pool) => new Queue(queueName(pool), { connection: connect(), prefix }),
    worker: (pool, handle, options) =>
      new Worker(queueName(pool), (job) => handle(job.data), { ...options, connection: connect(), prefix }),
    close: async () => {
      for (const connection of connections) connection.disconnect();
    },
  };
}
