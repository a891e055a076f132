import type { ChildProcess } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { openStore } from "@shadowfarm/store/client";
import { submitExperiment } from "@shadowfarm/store/experiments";
import { expect } from "vitest";
import { readConfig } from "../../apps/farm/src/config.ts";
import { checkSubmission } from "../../apps/farm/src/submission.ts";
import { test as base, eventually as within } from "../fixtures.ts";
import { type Host, type Hosts, makeHosts, whyNoHosts } from "../hosts.ts";
import { slow, writeSpec } from "../specs.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Seven processes start here at once; on a loaded machine that alone takes a minute. */
const eventually = <T>(what: string, condition: () => Promise<T | null | undefined | false>) =>
  within(what, condition, 180_000);

const test = base.extend<{ hosts: Hosts["hosts"] }>({
  async hosts({ skip }, use) {
    const reason = whyNoHosts();
    skip(reason !== null, reason ?? "");
    const made = makeHosts(3);
    try {
      await use(made.hosts);
    } finally {
      made.remove();
    }
  },
});

test("three hosts share a farm, and two end what a third had in its hands", { timeout: 600_000 }, async ({
  hosts,
  folder,
}) => {
  const [hub, first, second] = hosts as [Host, Host, Host];
  const start = (host: Host, file: string, args: string[], env: Record<string, string> = {}) => {
    return host.start(process.execPath, ["--import", "tsx", path.join(ROOT, file), ...args], {
      cwd: ROOT,
      env: { ...process.env, SHADOWFARM_DATASETS: "", SHADOWFARM_LOG_LEVEL: "silent", SHADOWFARM_WORKERS: "1", ...env },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
  };
  const central = start(hub, "test/hub-process.ts", [hub.address, path.join(folder, "hub")]);
  const variables = await new Promise<Record<string, string>>((resolve, reject) => {
    central.once("message", (message) => resolve(message as Record<string, string>));
    central.once("exit", (code) => reject(new Error(`the hub ended with code ${code}`)));
  });
  const store = await openStore(variables.DATABASE_URL as string);
  const idOf = async ({ pid }: ChildProcess) =>
    (await store.db.worker.findFirst({ where: { pid: pid as number } }))?.id;

  start(hub, "apps/scheduler/src/main.ts", [], variables);
  const workers = [first, second].map((host, index) =>
    start(host, "apps/worker/src/main.ts", [], { ...variables, SHADOWFARM_HOME: path.join(folder, `home${index}`) }),
  );
  const ids = await Promise.all(
    workers.map((worker) => eventually("a worker has come", async () => (await idOf(worker)) ?? null)),
  );
  const config = readConfig({ SHADOWFARM_HOME: path.join(folder, "home") });
  const defenses = ["none", { name: "dropout", hidden: [0.2, 0.4, 0.6, 0.8] }];
  const spec = await writeSpec(folder, { ...slow, name: "hosts", defenses });
  const id = await submitExperiment(store, await checkSubmission(spec, config, false));
  const cut = await eventually("both have done something, and one is in the middle of a training", async () => {
    const done = await store.db.attempt.findMany({ where: { outcome: "done" }, distinct: ["workerId"] });
    const held = await store.db.job.findFirst({ where: { state: "running", kind: "train" } });
    return done.length === ids.length ? held?.workerId : null;
  });
  (cut === ids[0] ? first : second).link("down");
  await eventually("the experiment ends", async () => {
    return (await store.db.experiment.findUnique({ where: { id } }))?.state === "done";
  });

  const lost = await store.db.attempt.findMany({ where: { outcome: "lost" } });
  expect(lost.length).toBeGreaterThan(0);
  for (const { workerId, jobKey } of lost) {
    expect(workerId).toBe(cut);
    const again = { jobKey, outcome: "done", workerId: { not: cut } } as const;
    expect(await store.db.attempt.count({ where: again })).toBe(1);
  }
  expect(await store.db.result.count()).toBe(10);
  await store.close();
  central.send("end");
  await new Promise((resolve) => central.once("exit", resolve));
});
