import type { progressEventSchema } from "@shadowfarm/core/api/experiments";
import type { Progress } from "@shadowfarm/core/progress";
import type { Store } from "@shadowfarm/store/client";
import { openExperiments } from "@shadowfarm/store/experiment-pages";
import { progressNow } from "@shadowfarm/store/progress";
import type { Reader } from "@shadowfarm/store/reader";
import { rowsVersion } from "@shadowfarm/store/result-rows";
import { onWake } from "@shadowfarm/store/signals";
import type { Response } from "express";
import type { Logger } from "pino";
import type { z } from "zod";

/** Live progress, told to any number of listeners from one look at the database. */
export interface Events {
  /** Sends events to a response until it closes; first how everything open stands. */
  attach(response: Response, experiment: string | null): void;
  listeners(): number;
  close(): Promise<void>;
}

type ProgressEvent = z.infer<typeof progressEventSchema>;

/** How often it is looked at while someone listens. */
const LOOK_MS = 1_000;
const SOON_MS = 50;
/** So that who sits between can tell a silent connection from a dead one. */
const ALIVE_MS = 15_000;
/** Bytes that a listener may leave unread before it is let go. It comes back by itself, and misses nothing that still holds. */
const MOST_UNREAD = 1_000_000;

interface Listener {
  response: Response;
  experiment: string | null;
}

/** Nothing is looked at while nobody listens. */
export async function openEvents(store: Store, reader: Reader, log: Logger): Promise<Events> {
  const listeners = new Set<Listener>();
  const told = new Map<string, string>();
  let version = -1;
  let timer: NodeJS.Timeout | null = null;
  let looking: Promise<void> | null = null;
  let closed = false;

  const tell = (event: string, data: string, experiment: string | null) => {
    for (const { response, experiment: wanted } of listeners) {
      if (experiment !== null && wanted !== null && wanted !== experiment) continue;
      if (response.writableLength > MOST_UNREAD) response.destroy();
      else response.write(`event: ${event}\ndata: ${data}\n\n`);
    }
  };

  const look = async () => {
    // Those that were open at the last look are told once more, with their end.
    const experiments = await openExperiments(reader, [...told.keys()]);
    const progress = await progressNow(store, experiments);
    for (const { id, state } of experiments) {
      const event: ProgressEvent = { id, state, progress: progress.get(id) as Progress };
      const data = JSON.stringify(event);
      if (told.get(id) !== data) tell("experiment", data, id);
      if (state === "submitted" || state === "running") told.set(id, data);
      else told.delete(id);
    }
    const now = await rowsVersion(reader);
    if (version >= 0 && now !== version) tell("results", JSON.stringify({ version: now }), null);
    version = now;
  };

  const next = (afterMs: number) => {
    if (closed || looking || listeners.size === 0) return;
    if (timer) clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      looking = look()
        .catch((error) => log.warn({ err: error }, "progress could not be looked at"))
        .finally(() => {
          looking = null;
          next(LOOK_MS);
        });
    }, afterMs);
  };

  const alive = setInterval(() => {
    for (const { response } of listeners) response.write(": alive\n\n");
  }, ALIVE_MS);
  alive.unref();
  // A submission is seen at once, and not with the next look; many at a time are seen together.
  const wake = await onWake(store, () => next(SOON_MS));

  return {
    attach(response, experiment) {
      response.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        // nginx would hold events back.
        "x-accel-buffering": "no",
      });
      response.write("retry: 2000\n\n");
      for (const [id, data] of told) {
        if (experiment === null || experiment === id) response.write(`event: experiment\ndata: ${data}\n\n`);
      }
      const listener = { response, experiment };
      listeners.add(listener);
      response.once("close", () => listeners.delete(listener));
      if (!timer) next(SOON_MS);
    },
    listeners: () => listeners.size,
    async close() {
      closed = true;
      clearInterval(alive);
      if (timer) clearTimeout(timer);
      for (const { response } of listeners) response.end();
      await looking;
      await wake.close();
    },
  };
}
