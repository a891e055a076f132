import { randomUUID } from "node:crypto";
import { link, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";

const HEARTBEAT_MS = 5_000;
const LOOK_MS = 100;

/** Who holds a lock, as the lock's file says it. */
interface Holder {
  pid: number;
  host: string;
  token: string;
}

/** A lock at one moment; `sign` changes with its holder, and whenever its holder gives a sign of life. */
interface Seen {
  holder: Holder | null; // null while its maker has not written it yet, or died before
  sign: string;
}

export interface LockOptions {
  signal?: AbortSignal | undefined;
  /** Called once, when another holds the lock, with who it is. */
  onWait?: ((holder: string) => void) | undefined;
  /** A lock that its holder has not touched for so long is taken over. Default: a minute. */
  silentMs?: number | undefined;
}

/**
 * Does something while no other process that can see `file` holds it as a lock. A lock is taken over when its process is
 * dead, or when its holder, perhaps on another machine, gave no sign of life for a while.
 *
 * @throws the signal's reason, when it is aborted before the lock is free
 */
export async function withFileLock<T>(file: string, options: LockOptions, use: () => Promise<T>): Promise<T> {
  const token = randomUUID();
  await acquire(file, token, options);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  try {
    return await use();
  } finally {
    clearInterval(heartbeat);
    if ((await look(file))?.holder?.token === token) await rm(file, { force: true });
  }
}

async function acquire(file: string, token: string, options: LockOptions): Promise<void> {
  const { signal, onWait, silentMs = 60_000 } = options;
  let sign = "";
  let since = 0; // milliseconds of the monotonic clock
  let told = false;
  while (true) {
    signal?.throwIfAborted();
    if (await take(file, token)) return;
    const seen = await look(file);
    if (seen === null) continue;
    // Time is measured here, for the clock of another machine or of a shared folder may be wrong.
    if (seen.sign !== sign) [sign, since] = [seen.sign, performance.now()];
    if (isDead(seen.holder) || performance.now() - since >= silentMs) {
      await breakLock(file, sign);
      continue;
    }
    if (!told && seen.holder) onWait?.(describe(seen.holder));
    told ||= seen.holder !== null;
    await wait(LOOK_MS, undefined, signal ? { signal } : {});
  }
}

async function take(file: string, token: string): Promise<boolean> {
  const handle = await open(file, "wx").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") return null;
    throw error;
  });
  if (handle === null) return false;
  try {
    await handle.writeFile(JSON.stringify({ pid: process.pid, host: hostname(), token } satisfies Holder));
    return true;
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

async function look(file: string): Promise<Seen | null> {
  try {
    const [content, { mtimeMs, ino }] = await Promise.all([readFile(file, "utf8"), stat(file)]);
    return { holder: holderOf(content), sign: `${content} ${mtimeMs} ${ino}` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function holderOf(content: string): Holder | null {
  try {
    return JSON.parse(content) as Holder;
  } catch {
    return null;
  }
}

function isDead(holder: Holder | null): boolean {
  if (holder?.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    // Not ESRCH: it lives, and belongs to another user.
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function describe({ pid, host }: Holder): string {
  return host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
}

/** Moves the lock aside first: of several that find it stale one alone can, and one that was taken since is put back. */
async function breakLock(file: string, sign: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
    if ((await look(aside))?.sign !== sign) await link(aside, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
  } finally {
    await rm(aside, { force: true });
  }
}
