import { type ChildProcess, spawn } from "node:child_process";
import { chmod, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { eventually, test } from "../fixtures.ts";

const INFRA = fileURLToPath(new URL("../../infra", import.meta.url));

/** Starts a script of `infra` as a container or Slurm would: secrets in a file, no setting from outside. */
async function start(
  script: string,
  args: string[],
  databaseUrl: string,
  folder: string,
  variables: NodeJS.ProcessEnv,
) {
  await writeFile(path.join(folder, "database-url"), databaseUrl);
  const child = spawn(path.join(INFRA, script), args, {
    cwd: folder,
    env: {
      PATH: `${folder}:${process.env.PATH}`,
      HOME: folder,
      TMPDIR: folder,
      DATABASE_URL_FILE: path.join(folder, "database-url"),
      SHADOWFARM_LOG_LEVEL: "error",
      SHADOWFARM_WORKERS: "1",
      ...variables,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { child, ended: endOf(child) };
}

function endOf(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}

test("the entry runs commands of the farm, on the database whose URL is in a file", async ({ databaseUrl, folder }) => {
  const { ended } = await start("entrypoint.sh", ["db", "migrate"], databaseUrl, folder, {});
  expect(await ended).toEqual({ code: 0, stdout: "the database is up to date\n", stderr: "" });
});

test("an idle worker leaves by itself, and says so in its row", async ({ databaseUrl, folder, store }) => {
  const { ended } = await start("entrypoint.sh", ["worker"], databaseUrl, folder, { SHADOWFARM_EXIT_WHEN_IDLE: "1" });
  expect((await ended).code).toBe(0);
  expect(await store.db.worker.findMany()).toMatchObject([{ slots: 1, stoppedAt: expect.any(Date) }]);
});

test("a Slurm worker is queued again at its time limit, and not when it is cancelled", async ({
  databaseUrl,
  folder,
  store,
}) => {
  const scontrol = path.join(folder, "scontrol");
  await writeFile(scontrol, `#!/bin/sh\necho "$@" >"${folder}/requeued"\n`);
  await chmod(scontrol, 0o755);
  const slurm = {
    CHECKOUT: path.dirname(INFRA),
    SLURM_JOB_ID: "17",
    SHADOWFARM_ARTIFACTS: path.join(folder, "shared"),
  };
  for (const [signal, requeued] of [
    ["SIGTERM", null],
    ["SIGUSR1", "requeue 17\n"],
  ] as const) {
    const { child, ended } = await start("slurm/workers.sbatch", [], databaseUrl, folder, slurm);
    await eventually(
      "the worker is there",
      async () => (await store.db.worker.count({ where: { stoppedAt: null } })) === 1,
    );
    child.kill(signal);
    expect((await ended).code).toBe(0);
    expect(await readFile(path.join(folder, "requeued"), "utf8").catch(() => null)).toBe(requeued);
    expect(await store.db.worker.count({ where: { stoppedAt: null } })).toBe(0);
  }
});

test("one scheduler runs a database, and ends when it is told to", async ({ databaseUrl, folder, store }) => {
  const { child, ended } = await start("slurm/scheduler.sh", [], databaseUrl, folder, {});
  await eventually("it listens", async () => {
    const listening = await store.db.$queryRaw<unknown[]>`
      SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN shadowfarm_wake%'`;
    return listening.length > 0;
  });
  const second = await start("slurm/scheduler.sh", [], databaseUrl, folder, {});
  expect(await second.ended).toMatchObject({ code: 2, stderr: expect.stringContaining("runs already") });
  child.kill("SIGTERM");
  expect((await ended).code).toBe(0);
});
