import { Agent, get as httpGet, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { fresh, usual } from "./questions.ts";
import { get, quantilesOf, say, seconds, whileServed } from "./served.ts";

// `npm run bench:load --silent`: requests that come whether or not the earlier ones are answered, while many listen for events.
const { values } = parseArgs({
  options: {
    results: { type: "string", default: "1000000" },
    jobs: { type: "string", default: "50000" },
    rate: { type: "string", default: "500" },
    seconds: { type: "string", default: "60" },
    listeners: { type: "string", default: "500" },
    database: { type: "string" },
  },
});
const rate = Number(values.rate);
const size = { results: Number(values.results), jobs: Number(values.jobs), database: values.database };

/** By then every usual question was asked once since the API started, and its answer is kept. */
const COLD_MS = 15_000;

/** How often each kind is asked for, of a hundred requests. */
const mix: readonly (readonly [kind: string, share: number])[] = [
  ["list", 20],
  ["filter", 25],
  ["filter by parameter", 10],
  ["group an experiment", 10],
  ["group everything", 8],
  ["combinations of a filter", 10],
  ["compare 1,000", 2],
  ["experiments", 5],
  ["jobs", 5],
  ["list, never twice", 3],
  ["filter, never twice", 2],
];
const kinds = mix.flatMap(([kind, share]) => new Array<string>(share).fill(kind));
const questions = { ...usual, ...fresh };

await whileServed(size, async ({ url, peakMb }) => {
  const listening = await Promise.all(
    Array.from({ length: Number(values.listeners) }, () => listen(`${url}/api/events`)),
  );
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  const later: number[] = [];
  let errors = 0;
  const open = new Set<Promise<void>>();
  const total = rate * Number(values.seconds);
  const started = performance.now();
  for (let at = 0; at < total; at++) {
    // By the clock, and not by when the last one was sent: what falls behind is caught up, and waits count.
    const due = started + (at * 1000) / rate;
    if (due > performance.now()) await sleep(due - performance.now());
    // A prime, so that kinds take turns.
    const kind = kinds[(at * 37) % kinds.length] as string;
    const asked = get(`${url}/api${questions[kind]?.(at)}`, agent)
      .then(
        ({ status }) => {
          times.push(performance.now() - due);
          if (due - started >= COLD_MS) later.push(performance.now() - due);
          if (status !== 200) errors++;
        },
        () => {
          errors++;
        },
      )
      .finally(() => open.delete(asked));
    open.add(asked);
  }
  await Promise.all(open);
  const heard = listening.filter(({ heard }) => heard()).length;
  const requests = { requests: total, perSecond: Math.round(total / ((performance.now() - started) / 1000)) };
  say({ name: "load", ...quantilesOf(times), errors, ...requests, seconds: seconds(started), peakMb: await peakMb() });
  say({ name: "load, when the usual questions had been asked", ...quantilesOf(later), requests: later.length });
  say({
    name: "listeners",
    listeners: listening.length,
    connected: listening.filter(({ alive }) => alive()).length,
    heard,
  });
  for (const { stop } of listening) stop();
  agent.destroy();
});

interface Listening {
  /** Whether anything came. */
  heard(): boolean;
  alive(): boolean;
  stop(): void;
}

function listen(url: string): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const request = httpGet(url, { agent: false }, (response: IncomingMessage) => {
      let bytes = 0;
      response.on("data", (part: Buffer) => {
        bytes += part.length;
      });
      response.on("error", () => {});
      resolve({ heard: () => bytes > 0, alive: () => !response.destroyed, stop: () => request.destroy() });
    });
    request.on("error", reject);
  });
}
