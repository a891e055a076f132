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
    stdio: ["ignore", "pipe", "inherit"],
  });
  return { child, ended: endOf(child) };
}

function endOf(child: ChildProcess): Promise<{ code: number | null; stdout: string }> {
  let stdout = "";
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout })));
}

test("the entry runs commands of the farm, on the database whose URL is in a file", async ({ databaseUrl, folder }) => {
  const { ended } = await start("entrypoint.sh", ["db", "migrate"], databaseUrl, folder, {});
  expect(await ended).toEqual({ code: 0, stdout: "the database is up to date\n" });
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
  const slurm = { CHECKOUT: path.dirname(INFRA), SLURM_JOB_ID: "17" };
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
