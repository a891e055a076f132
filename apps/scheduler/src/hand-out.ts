import type { Sender } from "@shadowfarm/queue/queue";
import type { Store } from "@shadowfarm/store/client";
import { type Costs, moveTo, recentCosts, takeReady } from "@shadowfarm/store/shares";
import { livePools, type Pool } from "@shadowfarm/store/workers";
import type { SchedulerTraces } from "./traces.ts";
import { adjustWindow, openWindow, type Window } from "./window.ts";

/** Keeps the queue of each pool of workers filled. */
export interface HandOut {
  /** The live pools, as of the last look. */
  pools(): readonly Pool[];
  /** Looks who is there, and what jobs cost. */
  look(): Promise<void>;
  /** Hands ready jobs out. `short`: a queue had been emptied, and may now have more. */
  fill(): Promise<{ handed: number; short: boolean }>;
}

interface Known {
  window: Window;
  /** Whether there was nothing left for it, the last time. */
  starved: boolean;
}

/** Costs change slowly, and asking for them reads hundreds of jobs. */
const COSTS_MS = 2_000;

/** What is kept here is a matter of speed alone: another scheduler begins with nothing. */
export function openHandOut(store: Store, sender: Sender, traces: SchedulerTraces): HandOut {
  const known = new Map<string, Known>();
  let pools: Pool[] = [];
  let costs: Costs = new Map();
  let costed = Number.NEGATIVE_INFINITY;
  return {
    pools: () => pools,
    async look() {
      pools = await livePools(store);
      if (performance.now() - costed >= COSTS_MS) {
        costed = performance.now();
        costs = await recentCosts(store);
      }
      for (const name of known.keys()) if (!pools.some((pool) => pool.name === name)) known.delete(name);
      if (pools.length < 2) return;
      for (const pool of pools) {
        const free = pool.slots - pool.busy;
        if (free > 0 && pool.queued === 0 && known.get(pool.name)?.starved) await moveTo(store, pool, free);
      }
    },
    async fill() {
      let handed = 0;
      let short = false;
      for (const pool of pools) {
        const { window } = known.get(pool.name) ?? { window: openWindow(pool.slots) };
        const start = Date.now();
        const tickets = await takeReady(store, window.size, { pool, window: window.size, costs });
        if (tickets.length > 0) {
          await sender.send(tickets, pool.name);
          traces.handedOut(tickets, start);
        }
        handed += tickets.length;
        const next = adjustWindow(window, tickets.length, pool.slots);
        short ||= next.extra > window.extra;
        known.set(pool.name, { window: next, starved: tickets.length === 0 });
      }
      return { handed, short };
    },
  };
}
