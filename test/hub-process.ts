import { startEmbedded } from "@shadowfarm/store/embedded";
import { migrate } from "@shadowfarm/store/migrate";
import { openProxy } from "./proxy.ts";
import { startRedis } from "./redis-server.ts";
import { startS3 } from "./s3-server.ts";

// Postgres, Redis and an S3 server on one host, for others to reach by its address: run by test/cluster/hosts.test.ts.
const [address, folder] = process.argv.slice(2) as [string, string];
const postgres = await startEmbedded(folder);
await migrate(postgres.url);
// The embedded server listens on the loopback address alone.
const { url } = await openProxy(postgres.url, address);
const redis = await startRedis({ bind: address, requirepass: "secret" });
const s3 = await startS3(`${folder}/s3`, address);
const stop = async () => {
  await Promise.all([postgres.stop(), redis.stop(), s3.stop()]);
  process.exit(0);
};
process.once("message", stop);
// Whoever tests has died.
process.once("disconnect", stop);
process.send?.({
  DATABASE_URL: url,
  REDIS_URL: `redis://:secret@${address}:${redis.port}`,
  ...s3.variables("farm"),
});
