import { createRng } from "@shadowfarm/core/rng";
import { expect } from "vitest";
import { test } from "../fixtures.ts";
import { hostileRequests, type OpenApiPaths } from "../hostile-requests.ts";
import { rawRequest } from "../raw-request.ts";
import { heardLog, serveStored } from "../served-api.ts";
import { storeCell, storeExperiment, storeResult, storeScores } from "../stored-results.ts";

// A few seconds, the same requests each time; API_FUZZ_SECONDS=300 for the long form, with another seed by API_FUZZ_SEED.
const SECONDS = Number(process.env.API_FUZZ_SECONDS ?? 0);
const SEED = Number(process.env.API_FUZZ_SEED ?? 1);
const REQUESTS = 1_000;
const CLIENTS = 8;
const KEY = "a".repeat(40);

test("whatever is sent to any endpoint, nothing fails on the server", { timeout: (SECONDS + 300) * 1_000 }, async ({
  store,
  folder,
}) => {
  const { log, heard } = heardLog("warn");
  const api = await serveStored(store, folder, { log });
  try {
    await storeExperiment(store, "abcdef0123", "small");
    for (let index = 0; index < 30; index++) {
      const key = index === 0 ? KEY : index.toString(16).padStart(40, "0");
      await storeCell(store, "abcdef0123", index, key, { repeat: index % 3, attackParams: { shadows: index % 4 } });
      if (index < 25) await storeResult(store, key, index / 25);
    }
    await storeScores(store, api.artifacts, KEY);
    const document = (await (await fetch(`${api.url}/openapi.json`)).json()) as OpenApiPaths;
    const known = ["abcdef0123", "small", KEY, KEY.slice(0, 8), "scores", "ann"];
    const next = hostileRequests(document, createRng(SEED).child("api"), known);
    const until = performance.now() + SECONDS * 1_000;
    const statuses = new Map<number, number>();
    const operations = new Map<string, Set<number>>();
    const failed: string[] = [];
    let asked = 0;
    const client = async () => {
      while (SECONDS > 0 ? performance.now() < until : asked < REQUESTS) {
        asked++;
        const { operation, ...request } = next();
        const sent = rawRequest(api.url, request);
        const { status, text } = await sent.catch((error: Error) => ({ status: 599, text: error.message }));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        operations.set(operation, (operations.get(operation) ?? new Set()).add(status));
        if (status >= 500) failed.push(`${JSON.stringify(request).slice(0, 1_000)}: ${status} ${text}`);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    if (SECONDS > 0) {
      process.stderr.write(`${asked} requests: ${JSON.stringify(Object.fromEntries([...statuses].sort()))}\n`);
    }
    expect({ failed, logged: heard() }).toEqual({ failed: [], logged: "" });
    // So that a generator of which all is refused would not pass.
    const all = Object.values(document.paths).flatMap((methods) => Object.keys(methods)).length;
    expect(operations.size).toBe(all);
    const answered = [...operations.values()].filter((of) => of.has(200) || of.has(201)).length;
    expect(answered).toBeGreaterThan(all * 0.6);
    expect(statuses.get(400)).toBeGreaterThan(50);
  } finally {
    await api.stop();
  }
});
