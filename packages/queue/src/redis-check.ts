import { EnvironmentFault, FarmError } from "@shadowfarm/core/errors";
import type { RedisAddress } from "@shadowfarm/core/redis-address";
import { Redis } from "ioredis";
import type { Farm } from "./farm.ts";
import { ANSWER_MS, type Client, connectRedis } from "./redis-client.ts";
import { nameOf, redisFault } from "./redis-faults.ts";

/**
 * Makes sure that a Redis can carry a farm's messages: that it answers, is of the kind that its address says, forgets nothing of
 * itself, and that the prefix is this farm's.
 *
 * @throws {EnvironmentFault} with the remedy.
 */
export async function checkRedis(address: RedisAddress, prefix: string, farm: Farm): Promise<void> {
  const probe = <T>(at: RedisAddress, ask: (client: Client) => Promise<T>) => probing(at, prefix, ask);
  // One node's error says more than that of a client of many.
  if (address.kind === "sentinel")
    await anyNode(address, (node) => probe(node, (client) => findMaster(client, address)));
  if (address.kind === "cluster") await anyNode(address, (node) => probe(node, (client) => seeCluster(client, node)));
  await probe(address, async (client) => {
    if (address.kind !== "cluster" && /cluster_enabled:1/.test(await client.info())) {
      throw new EnvironmentFault(
        `${nameOf(address)} is a node of a cluster; write redis+cluster:// instead of redis:// in REDIS_URL`,
      );
    }
    await refuseEviction(client, address);
    await takePrefix(client, prefix, farm);
  });
}

async function probing<T>(at: RedisAddress, prefix: string, ask: (client: Client) => Promise<T>): Promise<T> {
  const client = connectRedis(at, "probe");
  let first: Error | null = null;
  client.on("error", (error: Error) => {
    first ??= error;
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not answer within ${ANSWER_MS / 1000} s`)), ANSWER_MS + 1_000);
  });
  try {
    await Promise.race([client.connect(), late]);
    // A database that is not there is only mentioned by the way.
    if (first) throw first;
    return await Promise.race([ask(client), late]);
  } catch (error) {
    if (error instanceof FarmError) throw error;
    throw redisFault(first ?? (error as Error), at, prefix);
  } finally {
    clearTimeout(timer);
    client.disconnect();
  }
}

/** @throws what the last of the nodes threw, when each did. */
async function anyNode(address: RedisAddress, ask: (node: RedisAddress) => Promise<void>): Promise<void> {
  let last: unknown;
  for (const one of address.nodes) {
    const own =
      address.kind === "sentinel" ? { username: address.sentinelUsername, password: address.sentinelPassword } : {};
    try {
      return await ask({ ...address, ...own, kind: "server", nodes: [one], db: 0 });
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

async function findMaster(sentinel: Client, { master, nodes }: RedisAddress): Promise<void> {
  const found = await (sentinel as Redis).call("SENTINEL", "get-master-addr-by-name", master as string);
  if (found) return;
  const [{ host, port } = { host: "", port: 0 }] = nodes;
  throw new EnvironmentFault(
    `the sentinels at REDIS_URL know no master "${master}"; correct the name after the hosts (redis-cli -h ${host} -p ${port} SENTINEL masters lists them)`,
  );
}

async function seeCluster(client: Client, node: RedisAddress): Promise<void> {
  const name = nameOf(node);
  if (!/cluster_enabled:1/.test(await client.info())) {
    throw new EnvironmentFault(`${name} is no cluster; write redis:// instead of redis+cluster:// in REDIS_URL`);
  }
  const state = String(await client.cluster("INFO"));
  if (/cluster_state:ok/.test(state)) return;
  throw new EnvironmentFault(`the cluster of ${name} is not up; see redis-cli --cluster check ${name}`, {
    retryable: true,
  });
}

/** A server that evicts keys would drop messages, and parts of the queue's own books, without a word. */
async function refuseEviction(client: Client, address: RedisAddress): Promise<void> {
  const servers = client instanceof Redis ? [client] : client.nodes("master");
  for (const server of servers) {
    const [, policy = "noeviction"] = /maxmemory_policy:(\S+)/.exec(await server.info("memory")) ?? [];
    if (policy === "noeviction") continue;
    throw new EnvironmentFault(
      `the Redis at REDIS_URL, ${nameOf(address)}, evicts keys (maxmemory-policy ${policy}), and with them messages; set it to noeviction: redis-cli CONFIG SET maxmemory-policy noeviction, and in its configuration`,
    );
  }
}

/** Two farms under one prefix would take each other's messages, so the first leaves its mark. */
async function takePrefix(client: Client, prefix: string, farm: Farm): Promise<void> {
  const mark = `{${prefix}}:farm`;
  await client.set(mark, JSON.stringify(farm), "NX");
  const owner = JSON.parse((await client.get(mark)) ?? "null") as Farm | null;
  if (owner === null || owner.id === farm.id) return;
  throw new EnvironmentFault(
    `the prefix "${prefix}" on the Redis at REDIS_URL is in use by the farm of database ${owner.name}, and this one's is ${farm.name}; set SHADOWFARM_QUEUE_PREFIX to another name, or, if this database has replaced that one, remove the mark: redis-cli DEL '${mark}'`,
  );
}
