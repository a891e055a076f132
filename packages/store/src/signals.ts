import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import type { Store } from "./client.ts";

export const WAKE_CHANNEL = "shadowfarm_wake";

/** Tells the schedulers that jobs became ready, that an experiment was submitted, or that a worker came; once committed. */
export async function wakeSchedulers(
  db: Pick<Store["db"], "$executeRaw">,
  what: "jobs" | "experiments" | "workers",
): Promise<void> {
  await db.$executeRaw`SELECT pg_notify(${WAKE_CHANNEL}, ${what})`;
}

/** How long a lost connection stays lost before it is made anew. */
const LISTEN_MS = 1_000;

/**
 * Calls `wake` whenever another process changed something that the scheduler should look at. Only a saving of time: who
 * listens also looks at intervals, so a lost connection or message delays and never stops.
 *
 * @throws when the database does not answer at first; later it is waited for, and `wake` called once it is back.
 */
export async function onWake(
  store: Store,
  wake: (what: string | undefined) => void,
): Promise<{ close(): Promise<void> }> {
  const closing = new AbortController();
  let connection = await listen(store, wake);
  const goOn = async () => {
    while (!closing.signal.aborted) {
      await connection.ended;
      await wait(LISTEN_MS, undefined, { signal: closing.signal });
      const again = await listen(store, wake).catch(() => null);
      if (!again) continue;
      connection = again;
      if (closing.signal.aborted) await again.close();
      else wake(undefined);
    }
  };
  // Ends by being closed alone.
  goOn().catch(() => {});
  return {
    async close() {
      closing.abort();
      await connection.close();
    },
  };
}

async function listen(
  store: Store,
  wake: (what: string | undefined) => void,
): Promise<{ ended: Promise<void>; close(): Promise<void> }> {
  const client = new pg.Client({ connectionString: store.url, connectionTimeoutMillis: ANSWER_MS });
  const ended = new Promise<void>((resolve) => client.once("end", resolve));
  client.on("error", () => {});
  client.on("notification", ({ payload }) => wake(payload));
  await client.connect();
  await client.query(`LISTEN ${WAKE_CHANNEL}`);
  return { ended, close: () => client.end() };
}

/**
 * Holds a named lock on the database until `release`, or until this process dies.
 *
 * @returns null when another process holds it for longer than `patienceMs`
 */
export async function holdLock(
  store: Store,
  name: string,
  patienceMs: number,
): Promise<{ release(): Promise<void> } | null> {
  const client = new pg.Client({ connectionString: store.url, application_name: `shadowfarm ${name} ${process.pid}` });
  client.on("error", () => {});
  await client.connect();
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const { rows } = await client.query<{ held: boolean }>("SELECT pg_try_advisory_lock(hashtext($1)) AS held", [name]);
    if (rows[0]?.held) return { release: () => client.end() };
    if (Date.now() > deadline) {
      await client.end();
      return null;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A lock that at most one of several processes holds at a time, and another takes over when its holder dies. */
export interface Leadership {
  held(): boolean;
  close(): Promise<void>;
}

/** How often who does not lead tries to, and who leads makes sure that it still does. */
const LEAD_MS = 500;
/** A leader that says nothing for so long hangs, and is cut off by the database. */
const SILENCE_MS = 60_000;
/** An answer that takes longer is taken for none. */
const ANSWER_MS = 10_000;

/**
 * Competes for a named lock on a connection of its own, until closed. A lost connection is a lost lock: the holder learns of it
 * at the next look at the latest, and competes anew.
 *
 * @param changed called whenever the lock was won or lost
 */
export async function seekLead(store: Store, name: string, changed: () => void): Promise<Leadership> {
  let client: pg.Client | null = null;
  let held = false;
  let closed = false;
  let nudge: () => void = () => {};
  const set = (now: boolean) => {
    if (held === now) return;
    held = now;
    changed();
  };
  const drop = (which: pg.Client | null): Promise<void> => {
    if (which !== client) return Promise.resolve();
    client = null;
    set(false);
    return which?.end().catch(() => {}) ?? Promise.resolve();
  };
  const look = async () => {
    try {
      client ??= await connectToLead(store, name, (lost) => void drop(lost));
      if (held) await client.query("SELECT 1");
      else {
        const query = "SELECT pg_try_advisory_lock(hashtext($1)) AS won";
        const { rows } = await client.query<{ won: boolean }>(query, [`lead ${name}`]);
        if (rows[0]?.won) set(true);
      }
    } catch {
      // The database is away, or has cut this connection off.
      void drop(client);
    }
  };
  await look();
  const looking = (async () => {
    while (!closed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LEAD_MS);
        nudge = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (!closed) await look();
    }
  })();
  return {
    held: () => held,
    async close() {
      closed = true;
      nudge();
      await looking;
      await drop(client);
    },
  };
}

async function connectToLead(store: Store, name: string, lost: (client: pg.Client) => void): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: store.url,
    application_name: `shadowfarm ${name} ${process.pid}`,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  });
  client.on("error", () => lost(client));
  client.on("end", () => lost(client));
  await client.connect();
  await client.query(`SET idle_session_timeout = ${SILENCE_MS}`);
  // A machine that is gone answers no probe: its lock is free after five seconds.
  await client.query("SET tcp_keepalives_idle = 2; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3");
  return client;
}
