import { expect, test } from "vitest";
import { openTelemetry } from "./telemetry.ts";

const secret = "hush-hush";
const addresses = [`postgres://lab:${secret}@db/farm`];
const anywhere = { host: "127.0.0.1", port: 0 };

function aTelemetry() {
  const lines: string[] = [];
  const telemetry = openTelemetry({ level: "info", destination: { write: (line) => lines.push(line) }, addresses });
  return { telemetry, lines };
}

test("no log line shows a password, not even as a property of an error", () => {
  const { telemetry, lines } = aTelemetry();
  telemetry.log.error({ err: Object.assign(new Error(`at ${addresses[0]}`), { input: secret }) }, secret);
  telemetry.log.child({ job: "a" }).info({ config: { password: secret, url: "redis://:other@queue" } }, "starts");
  expect(lines).toHaveLength(2);
  expect(lines.join("")).not.toContain(secret);
  expect(lines.join("")).not.toContain("other@");
  expect(JSON.parse(lines[0] as string)).toMatchObject({ msg: "***", err: { input: "***" } });
});

test("metrics, health and readiness are served, and say what is wrong without a secret", async () => {
  const { telemetry } = aTelemetry();
  let away: Error | null = null;
  telemetry.check("database", async () => {
    if (away) throw away;
  });
  telemetry.phase("running");
  const { url, close } = await telemetry.serve(anywhere);
  const get = async (path: string) => {
    const response = await fetch(`${url}${path}`);
    return { status: response.status, body: await response.text() };
  };
  try {
    expect((await get("/metrics")).body).toMatch(/^shadowfarm_build_info\{version="[\d.]+",node="v[\d.]+"\} 1$/m);
    expect(await get("/healthz")).toEqual({ status: 200, body: '{"ok":true,"problems":[]}\n' });
    expect(await get("/readyz?verbose")).toEqual({ status: 200, body: '{"ok":true,"problems":[]}\n' });

    away = new Error(`no answer from ${addresses[0]}`);
    const unready = await get("/readyz");
    expect(unready.status).toBe(503);
    expect(JSON.parse(unready.body)).toEqual({
      ok: false,
      problems: [{ what: "database", problem: "no answer from postgres://lab:***@db/farm" }],
    });
    // Only that something it needs is away: restarting it would not help.
    expect((await get("/healthz")).status).toBe(200);

    away = null;
    for (const phase of ["starting", "stopping"] as const) {
      telemetry.phase(phase);
      expect(JSON.parse((await get("/readyz")).body).problems).toEqual([{ what: "process", problem: `is ${phase}` }]);
      expect((await get("/healthz")).status).toBe(200);
    }
    expect((await get("/")).status).toBe(404);
  } finally {
    await close();
  }
});

test("without a collector nothing is made of spans", () => {
  const { telemetry } = aTelemetry();
  telemetry.trace(() => {
    throw new Error("made");
  });
});

test("a loop that is stuck makes the process unhealthy and unready", async () => {
  const { telemetry } = aTelemetry();
  telemetry.phase("running");
  telemetry.pulse("rounds", -1);
  const { url, close } = await telemetry.serve(anywhere);
  try {
    for (const path of ["/healthz", "/readyz"]) {
      const response = await fetch(`${url}${path}`);
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ ok: false, problems: [{ what: "rounds" }] });
    }
  } finally {
    await close();
  }
});

test("a port that is taken is refused with the remedy", async () => {
  const first = await aTelemetry().telemetry.serve(anywhere);
  const port = Number(new URL(first.url).port);
  try {
    await expect(aTelemetry().telemetry.serve({ ...anywhere, port })).rejects.toThrow(
      /cannot be served at 127\.0\.0\.1:\d+ .*set SHADOWFARM_METRICS_PORT to another port/,
    );
  } finally {
    await first.close();
  }
});
