import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import type { RedisAddress } from "@shadowfarm/core/redis-address";
import { Cluster, type CommonRedisOptions, Redis } from "ioredis";

/** A connection to a server, to the master that sentinels name, or to all nodes of a cluster. */
export type Client = Redis | Cluster;

/** How a connection bears that Redis is away: a probe gives up, a command fails after a while, one that waits does so for ever. */
export type Patience = "probe" | "command" | "wait";

/** How often a command is tried on a connection that is being made again: for a second or so, where it is refused at once. */
const TRIES = 5;
export const ANSWER_MS = 5_000;
/** A connection on which a command has had no answer for so long is dead; whoever waits for messages is answered every ten seconds. */
const SILENCE_MS = 30_000;

/** @throws {EnvironmentFault} when a file of a certificate cannot be read. */
export function connectRedis(address: RedisAddress, patience: Patience): Client {
  const tls = address.tls && readTls(address.tls);
  const client = open(address, tls, {
    ...(address.username !== undefined && { username: address.username }),
    ...(address.password !== undefined && { password: address.password }),
    ...(tls && { tls }),
    maxRetriesPerRequest: { probe: 0, command: TRIES, wait: null }[patience],
    connectTimeout: ANSWER_MS,
    socketTimeout: SILENCE_MS,
    ...(patience === "probe" && { lazyConnect: true }),
  });
  // Each command reports its own failure; without a listener a lost connection would end the process.
  client.on("error", () => {});
  return client;
}

type Options = Pick<CommonRedisOptions, "username" | "password" | "maxRetriesPerRequest" | "lazyConnect"> & {
  tls?: ConnectionOptions;
  connectTimeout: number;
  socketTimeout: number;
};

const never = () => null;

function open(address: RedisAddress, tls: ConnectionOptions | null, options: Options): Client {
  const { nodes, db } = address;
  const once = options.lazyConnect === true;
  switch (address.kind) {
    case "server":
      return new Redis({
        ...options,
        ...(nodes[0] as (typeof nodes)[number]),
        db,
        ...(once && { retryStrategy: never }),
      });
    case "sentinel":
      return new Redis({
        ...options,
        db,
        sentinels: nodes,
        name: address.master as string,
        ...(address.sentinelUsername !== undefined && { sentinelUsername: address.sentinelUsername }),
        ...(address.sentinelPassword !== undefined && { sentinelPassword: address.sentinelPassword }),
        ...(tls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
        ...(once && { retryStrategy: never, sentinelRetryStrategy: never }),
      });
    case "cluster":
      return new Cluster(nodes, {
        redisOptions: options,
        ...(once && { clusterRetryStrategy: never, lazyConnect: true }),
        // A certificate is made out to a name.
        ...(tls && { dnsLookup: (host, callback) => callback(null, host) }),
      });
  }
}

function readTls(files: NonNullable<RedisAddress["tls"]>): ConnectionOptions {
  const read = (option: keyof typeof files) => {
    const file = files[option];
    if (file === undefined) return {};
    try {
      return { [option]: readFileSync(file) };
    } catch (error) {
      throw new EnvironmentFault(`?${option}= of REDIS_URL cannot be read (${messageOf(error)})`, { cause: error });
    }
  };
  return { ...read("ca"), ...read("cert"), ...read("key") };
}
