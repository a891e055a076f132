import { open, rm } from "node:fs/promises";
import path from "node:path";
import type { Rng } from "@shadowfarm/core/rng";
import { openSender } from "@shadowfarm/queue/queue";
import { eventually } from "../eventually.ts";
import { leaderOf } from "../leader.ts";
import { computeProcesses, type Farm } from "./farm.ts";
import type { Service } from "./services.ts";

/** A job in somebody's hands. */
export interface Held {
  key: string;
  fence: number;
}

/** What a fault did. */
export interface Blow {
  /** The jobs that were running where it struck. */
  jobs: readonly Held[];
  /** Takes it away, once those jobs are done or running again: for a fault that lasts until then. */
  undo?(): Promise<void>;
  /** Whose work it stopped; anybody's where it is left out. */
  whose?: Service;
  /** Whether that works again, for what does no jobs. */
  works?(): Promise<boolean>;
}

/** Something that may go wrong in a cluster. */
export interface Fault {
  name: string;
  /** Why it cannot be had here; null where it can. */
  missing?(farm: Farm): string | null;
  strike(farm: Farm, rng: Rng, seconds: Lengths): Promise<Blow>;
}

/** How long what is away stays away, in seconds. */
interface Lengths {
  absence: number;
  cut: number;
}

export const faults: readonly Fault[] = [
  {
    name: "a compute process is killed",
    async strike(farm, rng) {
      const worker = pick(farm.workers, rng);
      const [jobs, processes] = await eventually("it computes something that was not killed before", async () => {
        const held = await heldBy(farm, worker);
        const found = await computeProcesses(worker);
        return (
          held.length > 0 &&
          held.every(({ failures }) => failures === 0) &&
          found.length > 0 &&
          ([held, found] as const)
        );
      });
      for (const pid of processes) process.kill(pid, "SIGKILL");
      return { jobs, whose: worker };
    },
  },
  {
    name: "a worker is killed",
    async strike(farm, rng) {
      const worker = pick(farm.workers, rng);
      const jobs = await busy(farm, worker);
      worker.kill("SIGKILL");
      return { jobs, whose: worker };
    },
  },
  {
    name: "the leading scheduler is killed",
    async strike(farm) {
      const leader = await leading(farm);
      leader.kill("SIGKILL");
      return { jobs: [] };
    },
  },
  {
    name: "the API is killed",
    async strike(farm) {
      await eventually("the API says what there is", () => apiIsRight(farm));
      farm.api.kill("SIGKILL");
      return { jobs: [], works: () => apiIsRight(farm) };
    },
  },
  {
    name: "a worker hangs (SIGSTOP)",
    async strike(farm, rng) {
      const worker = pick(farm.workers, rng);
      const jobs = await busy(farm, worker);
      worker.kill("SIGSTOP");
      return { jobs, whose: worker, undo: async () => worker.kill("SIGCONT") };
    },
  },
  {
    name: "Postgres restarts in order",
    async strike(farm) {
      const jobs = await running(farm);
      await farm.postgres("restart fast");
      return { jobs };
    },
  },
  {
    name: "Postgres crashes and recovers",
    async strike(farm) {
      const jobs = await running(farm);
      await farm.postgres("restart immediate");
      return { jobs };
    },
  },
  {
    name: "Postgres is away",
    async strike(farm, _rng, { absence }) {
      const jobs = await running(farm);
      await farm.postgres("stop");
      await passing(absence);
      await farm.postgres("start");
      return { jobs };
    },
  },
  {
    name: "Redis restarts, empty",
    async strike(farm) {
      const jobs = await running(farm);
      await farm.killRedis();
      await farm.startRedis();
      return { jobs };
    },
  },
  {
    name: "Redis is flushed",
    async strike(farm) {
      const jobs = await running(farm);
      farm.redis("FLUSHALL");
      return { jobs };
    },
  },
  {
    name: "Redis is away",
    async strike(farm, _rng, { absence }) {
      const jobs = await running(farm);
      await farm.killRedis();
      await passing(absence);
      await farm.startRedis();
      return { jobs };
    },
  },
  {
    name: "a worker's way to Postgres is closed",
    async strike(farm, _rng, { cut }) {
      const worker = farm.workers[0] as Service;
      const jobs = await busy(farm, worker);
      await farm.proxy.cut();
      await passing(cut);
      await farm.proxy.mend();
      return { jobs, whose: worker };
    },
  },
  {
    name: "a worker's way to Postgres swallows all",
    async strike(farm) {
      const worker = farm.workers[0] as Service;
      const jobs = await busy(farm, worker);
      farm.proxy.swallow();
      return { jobs, whose: worker, undo: () => farm.proxy.mend() };
    },
  },
  {
    name: "the disk of artifacts is full",
    missing: ({ hasOwnDisk }) => (hasOwnDisk ? null : "only root may mount a small disk"),
    async strike(farm, _rng, { cut }) {
      const jobs = await running(farm);
      const ballast = path.join(farm.artifacts, "ballast");
      await fill(ballast);
      await passing(cut);
      await rm(ballast);
      return { jobs };
    },
  },
  clockJump("the clock jumps an hour ahead", 3_600_000),
  clockJump("the clock jumps an hour back", -3_600_000),
  {
    name: "jobs are given to both workers, twice",
    async strike(farm, rng) {
      const jobs = await running(farm);
      const sender = await openSender(farm.queue);
      const ready = await farm.store.db.job.findMany({ where: { state: "ready" }, select: { key: true } });
      // Fences that are nobody's, so that the queue takes them for other messages.
      const forged = () => 1_000_000 + rng.int(1_000_000_000);
      const keys = [...jobs, ...ready].map(({ key }) => key);
      await sender.send([...keys, ...keys].map((key) => ({ key, fence: forged() })));
      await sender.close();
      return { jobs: [] };
    },
  },
];

/** Of a worker and of the scheduler that leads, without a word to Postgres and Redis. */
function clockJump(name: string, byMs: number): Fault {
  return {
    name,
    async strike(farm, rng) {
      const worker = pick(farm.workers, rng);
      await farm.setClock(worker, byMs);
      await farm.setClock(await leading(farm), byMs);
      return { jobs: [], whose: worker };
    },
  };
}

/** Whether the API answers, with all experiments that there are. */
export async function apiIsRight({ store, askApi }: Farm): Promise<boolean> {
  const there = await store.db.experiment.count();
  const answer = (await askApi("/experiments?limit=200").catch(() => null)) as { experiments: unknown[] } | null;
  return answer?.experiments.length === there;
}

function pick(services: readonly Service[], rng: Rng): Service {
  return services[rng.int(services.length)] as Service;
}

async function leading({ store, schedulers }: Farm): Promise<Service> {
  return eventually("one of the schedulers leads", async () => {
    const leader = await leaderOf(store);
    return leader && schedulers.find(({ pid }) => pid === leader.process);
  });
}

/** Waits until a worker has jobs, and says which. */
function busy(farm: Farm, worker: Service): Promise<Held[]> {
  return eventually(`${worker.name} has a job`, async () => {
    const held = await heldBy(farm, worker);
    return held.length > 0 && held;
  });
}

/** The jobs that a worker has now. */
export async function heldBy({ store }: Farm, { pid }: Service): Promise<(Held & { failures: number })[]> {
  return store.db.$queryRaw`
    SELECT key, fence, failures FROM "Job" JOIN "Worker" worker ON worker.id = "workerId"
    WHERE state = 'running' AND worker.pid = ${pid}::int`;
}

async function running({ store }: Farm): Promise<Held[]> {
  return eventually("jobs are running", async () => {
    const jobs = await store.db.job.findMany({ where: { state: "running" }, select: { key: true, fence: true } });
    return jobs.length > 0 && jobs;
  });
}

/** Writes until nothing more can be written. */
async function fill(file: string): Promise<void> {
  const handle = await open(file, "w");
  try {
    for (const size of [2 ** 20, 2 ** 12]) {
      const zeros = new Uint8Array(size);
      for (let full = false; !full; ) {
        full = await handle.write(zeros).then(
          ({ bytesWritten }) => bytesWritten < size,
          () => true,
        );
      }
    }
  } finally {
    await handle.close();
  }
}

/** The length of a fault: time itself is what is awaited. */
function passing(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}
