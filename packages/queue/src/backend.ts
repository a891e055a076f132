import { parseRedisAddress } from "@shadowfarm/core/redis-address";
import { createPostgresBackend, Queue, Worker, type WorkerOptions } from "bullmq";
import { identifyFarm } from "./farm.ts";
import { makeQueueTables } from "./postgres-tables.ts";
import { checkRedis } from "./redis-check.ts";
import { type Client, connectRedis, type Patience } from "./redis-client.ts";

/** What carries the messages: Redis when its URL is set, the farm's own Postgres otherwise. */
export interface QueueConfig {
  databaseUrl: string;
  /** core/redis-address.ts says what it may be. */
  redisUrl: string | null;
  /** Keeps farms apart that share a Redis; in braces there, so that a cluster keeps all of it on one node. */
  prefix: string;
}

/** What queue and consumer need of BullMQ, the same on both backends. */
export interface Backend {
  name: "postgres" | "redis";
  /** @throws when nobody answers: a queue that is opened then would wait for it. */
  ping(): Promise<void>;
  /** @param pool whose queue */
  queue(pool: string): Queue;
  worker(pool: string, handle: (data: unknown) => Promise<void>, options: Omit<WorkerOptions, "connection">): Worker;
  close(): Promise<void>;
}

/** BullMQ's record of what happened to messages, which nobody reads here. */
const EVENTS = 100;

function queueName(pool: string): string {
  return pool === "" ? "jobs" : `jobs-${pool}`;
}

/**
 * Connects to the message carrier.
 *
 * @throws {EnvironmentFault} when it does not answer, or cannot be used.
 */
export async function openBackend(config: QueueConfig): Promise<Backend> {
  return config.redisUrl === null ? openPostgres(config.databaseUrl) : openRedis(config, config.redisUrl);
}

async function openPostgres(url: string): Promise<Backend> {
  await makeQueueTables(url);
  const connection = { connectionString: url, max: 4 };
  return {
    name: "postgres",
    // Its queues do not wait.
    ping: async () => {},
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

async function openRedis({ databaseUrl, prefix }: QueueConfig, url: string): Promise<Backend> {
  const address = parseRedisAddress(url);
  await checkRedis(address, prefix, await identifyFarm(databaseUrl));
  const connections = new Map<Patience, Client>();
  // Each serves any number of queues; a worker waits for messages on one more of its own.
  const connect = (patience: Patience): Client => {
    const connection = connections.get(patience) ?? connectRedis(address, patience);
    connections.set(patience, connection);
    return connection;
  };
  const common = { prefix: `{${prefix}}`, streams: { events: { maxLen: EVENTS } } };
  return {
    name: "redis",
    async ping() {
      await connect("command").ping();
    },
    queue: (pool) => new Queue(queueName(pool), { ...common, connection: connect("command") }),
    worker: (pool, handle, options) =>
      new Worker(queueName(pool), (job) => handle(job.data), { ...options, ...common, connection: connect("wait") }),
    close: async () => {
      for (const connection of connections.values()) connection.disconnect();
    },
  };
}
