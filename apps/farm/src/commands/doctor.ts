import { existsSync } from "node:fs";
import { access, constants, mkdir, rm } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { messageOf } from "@shadowfarm/core/errors";
import { engineNames, tryEngine } from "@shadowfarm/engine/backends";
import { gpuNeeds } from "@shadowfarm/engine/gpu-needs";
import { datasets } from "@shadowfarm/ml/datasets/index";
import { openSender } from "@shadowfarm/queue/queue";
import { describeLocation } from "@shadowfarm/store/artifact-location";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import type { Store } from "@shadowfarm/store/client";
import { livePools } from "@shadowfarm/store/workers";
import type { FarmConfig } from "../config.ts";
import { openDatabase } from "../database.ts";
import { EXIT } from "../session.ts";
import { renderTable } from "../tables.ts";

/** One thing that was looked at. `warn` does not keep a farm from running. */
interface Finding {
  check: string;
  status: "ok" | "warn" | "fail";
  detail: string;
}

/** `doctor`: tries what a farm needs on this machine, and says how to mend what is missing. */
export async function doctor(config: FarmConfig, options: { json?: boolean }): Promise<number> {
  const findings: Finding[] = [
    checkNode(),
    {
      check: "machine",
      status: "ok",
      detail: `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB of memory; ${config.slots} jobs at a time`,
    },
    await checkHome(config),
    ...(await checkDatabaseAndQueue(config)),
    await checkArtifacts(config),
    ...(await checkEngines(config)),
    ...(await checkGpu()),
    ...(await checkData(config)),
  ];
  if (options.json) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
  else
    process.stdout.write(
      `${renderTable(
        [{ title: "check" }, { title: "" }, { title: "found" }],
        findings.map(({ check, status, detail }) => [check, status, detail]),
      )}\n`,
    );
  return findings.some(({ status }) => status === "fail") ? EXIT.failed : EXIT.ok;
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const good = major > 20 || (major === 20 && minor >= 19);
  return {
    check: "node",
    status: good ? "ok" : "fail",
    detail: good ? process.version : `${process.version} is too old; install 20.19 or newer`,
  };
}

async function checkHome({ home }: FarmConfig): Promise<Finding> {
  const existed = existsSync(home);
  try {
    await mkdir(home, { recursive: true });
    await access(home, constants.W_OK);
    return { check: "home", status: "ok", detail: home };
  } catch (error) {
    return {
      check: "home",
      status: "fail",
      detail: `${home}: ${messageOf(error)}; make it writable, or set SHADOWFARM_HOME`,
    };
  } finally {
    if (!existed) await rm(home, { recursive: true, force: true });
  }
}

async function checkDatabaseAndQueue(config: FarmConfig): Promise<Finding[]> {
  const where = config.databaseUrl === null ? "embedded" : "DATABASE_URL";
  try {
    const { store, close } = await openDatabase(config);
    try {
      const [row] = await store.db.$queryRaw<[{ version: string }]>`SELECT split_part(version(), ' on ', 1) AS version`;
      const database: Finding = { check: "database", status: "ok", detail: `${row.version}, ${where}` };
      return [database, await checkQueue(config, store)];
    } finally {
      await close();
    }
  } catch (error) {
    return [{ check: "database", status: "fail", detail: messageOf(error) }];
  }
}

async function checkQueue(config: FarmConfig, store: Store): Promise<Finding> {
  try {
    const sender = await openSender({ ...config.queue, databaseUrl: store.url });
    const detail = `${sender.backend}, ${await sender.size((await livePools(store)).map(({ name }) => name))} messages`;
    await sender.close();
    return { check: "queue", status: "ok", detail };
  } catch (error) {
    return { check: "queue", status: "fail", detail: messageOf(error) };
  }
}

async function checkArtifacts({ artifacts }: FarmConfig): Promise<Finding> {
  // The folder of the default is made when it is needed; `home` has been looked at.
  if (artifacts.kind === "folder" && !existsSync(artifacts.folder))
    return { check: "artifacts", status: "ok", detail: `${artifacts.folder}, not there yet` };
  try {
    await (await openArtifacts(artifacts)).probe();
    return { check: "artifacts", status: "ok", detail: describeLocation(artifacts) };
  } catch (error) {
    return { check: "artifacts", status: "fail", detail: messageOf(error) };
  }
}

async function checkEngines(config: FarmConfig): Promise<Finding[]> {
  const tried = [];
  for (const name of engineNames) tried.push(await tryEngine(name, config));
  const chosen = config.engine === "auto" ? tried.find(({ engine }) => engine !== null)?.name : config.engine;
  return tried.map(({ name, engine, reason }) => {
    const check = `engine ${name}`;
    if (engine === null) return { check, status: name === chosen ? "fail" : "warn", detail: reason ?? "" };
    const how = config.engine === "auto" ? "chosen: the first that runs" : "chosen by SHADOWFARM_ENGINE";
    return { check, status: "ok", detail: name === chosen ? `runs; ${how}` : "runs" };
  });
}

/** What a worker with a GPU would need here; a farm runs without. */
async function checkGpu(): Promise<Finding[]> {
  return (await gpuNeeds()).map(({ name, found, problem }) => ({
    check: name,
    status: problem === null ? "ok" : "warn",
    detail: problem ?? found ?? "",
  }));
}

async function checkData(config: FarmConfig): Promise<Finding[]> {
  return Promise.all(
    Object.values(datasets).map(async ({ name, locate, inspect }): Promise<Finding> => {
      const check = `data ${name}`;
      try {
        const located = await locate(config.datasetFolders);
        if (!located)
          return {
            check,
            status: "warn",
            detail: `real data absent in ${config.datasetFolders.join(", ")}; shadowfarm data pull ${name}, or use data: synthetic`,
          };
        const { records } = await inspect(located);
        return { check, status: "ok", detail: `real: ${located.origin}, ${records} records` };
      } catch (error) {
        return { check, status: "fail", detail: messageOf(error) };
      }
    }),
  );
}
