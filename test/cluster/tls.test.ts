import { execFile } from "node:child_process";
import { chmod, chown, copyFile, stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { consume, openSender } from "@shadowfarm/queue/queue";
import { openStore } from "@shadowfarm/store/client";
import { startEmbedded } from "@shadowfarm/store/embedded";
import { migrate } from "@shadowfarm/store/migrate";
import { onWake, seekLead } from "@shadowfarm/store/signals";
import pg from "pg";
import { expect } from "vitest";
import { eventually, test } from "../fixtures.ts";
import { aPlan, planned } from "../plans.ts";

const run = promisify(execFile);

/** A certificate for the loopback address that is its own authority. */
async function aCertificate(folder: string, name: string): Promise<{ cert: string; key: string }> {
  const [cert, key] = [path.join(folder, `${name}.crt`), path.join(folder, `${name}.key`)];
  await run("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
  ]);
  return { cert, key };
}

test("everything that speaks to Postgres does so by TLS, and to nobody else, when its address says so", async ({
  folder,
}) => {
  const postgres = await startEmbedded(path.join(folder, "home"));
  const owner = new pg.Client({ connectionString: postgres.url });
  await owner.connect();
  try {
    const own = await aCertificate(folder, "own");
    const other = await aCertificate(folder, "other");
    const data = (await owner.query("SHOW data_directory")).rows[0].data_directory as string;
    const { uid, gid } = await stat(data);
    for (const [from, name] of [
      [own.cert, "server.crt"],
      [own.key, "server.key"],
    ] as const) {
      const to = path.join(data, name);
      await copyFile(from, to);
      await chmod(to, 0o600);
      await chown(to, uid, gid);
    }
    await owner.query("ALTER SYSTEM SET ssl = on");
    await owner.query("SELECT pg_reload_conf()");
    await eventually("the server has TLS", async () => (await owner.query("SHOW ssl")).rows[0].ssl === "on");
    const addressWith = (options: Record<string, string>) => {
      const url = new URL(postgres.url);
      for (const [name, value] of Object.entries(options)) url.searchParams.set(name, value);
      return url.href;
    };
    const url = addressWith({ sslmode: "verify-full", sslrootcert: own.cert });

    await migrate(url);
    const store = await openStore(url);
    const lead = await seekLead(store, "tls", () => {});
    const woken: (string | undefined)[] = [];
    const waking = await onWake(store, (what) => woken.push(what));
    await planned(store, "tls", aPlan({ a: [] }));
    const queue = { databaseUrl: url, redisUrl: null, prefix: "test" };
    const sender = await openSender(queue);
    const heard: string[] = [];
    const consumer = await consume(queue, { concurrency: 1, onError: () => {} }, async (key) => void heard.push(key));
    await sender.send([{ key: "a", fence: 0 }]);
    await eventually("the message is delivered", async () => heard.includes("a"));
    await eventually("the scheduler is woken", async () => woken.includes("jobs"));
    // Of a connection that is only starting, Postgres does not know it yet.
    const { rows } = await owner.query(`
      SELECT ssl, count(*)::int AS connections FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
      WHERE client_addr IS NOT NULL AND pid <> pg_backend_pid() AND application_name NOT LIKE 'shadowfarm presence%'
        AND state IS DISTINCT FROM 'starting'
      GROUP BY ssl`);
    expect(rows).toEqual([{ ssl: true, connections: expect.any(Number) }]);
    expect(rows[0].connections).toBeGreaterThanOrEqual(5);
    await consumer.close();
    await sender.close();
    await waking.close();
    await lead.close();
    await store.close();

    const impostor = addressWith({ sslmode: "verify-full", sslrootcert: other.cert });
    const untrusted = addressWith({ sslmode: "verify-full" });
    for (const wrong of [impostor, untrusted]) {
      await expect(openStore(wrong)).rejects.toThrow(/certificate|TLS/i);
      await expect(migrate(wrong)).rejects.toThrow(/self-signed certificate/);
      await expect(openSender({ ...queue, databaseUrl: wrong })).rejects.toThrow(/self-signed certificate/);
    }
    const renamed = new URL(url);
    renamed.hostname = "localhost";
    await expect(migrate(renamed.href)).rejects.toThrow(/does not match certificate/);
  } finally {
    await owner.end();
    await postgres.stop();
  }
});
