import { describe, expect, test } from "vitest";
import type { JobKind, JobState } from "./job.ts";
import { type JobCount, summarizeProgress } from "./progress.ts";

function aRow(kind: JobKind, state: JobState, count: number, changes: Partial<JobCount> = {}): JobCount {
  return { kind, state, count, cached: 0, meanSeconds: null, computeSeconds: 0, ...changes };
}

describe("progress", () => {
  test("counts jobs by state over all kinds; those that wait are in the total alone", () => {
    const rows = [
      aRow("prepare", "done", 2, { cached: 2, meanSeconds: 1 }),
      aRow("train", "done", 3, { cached: 1, meanSeconds: 10 }),
      aRow("train", "running", 2),
      aRow("train", "failed", 1),
      aRow("train", "ready", 4),
      aRow("query", "waiting", 5),
      aRow("query", "blocked", 6),
      aRow("attack", "cancelled", 7),
    ];
    expect(summarizeProgress(rows, 2)).toMatchObject({
      total: 30,
      done: 5,
      cached: 3,
      running: 2,
      failed: 1,
      blocked: 6,
    });
  });

  test("of nothing is nothing, at an unknown time", () => {
    const nothing = {
      total: 0,
      done: 0,
      cached: 0,
      running: 0,
      failed: 0,
      blocked: 0,
      etaSeconds: null,
      computeSeconds: 0,
    };
    expect(summarizeProgress([], 1)).toEqual(nothing);
  });
});

describe("the time that is left", () => {
  const etaSeconds = (rows: readonly JobCount[], slots = 1) => summarizeProgress(rows, slots).etaSeconds;

  test("is unknown before anything was measured", () => {
    expect(etaSeconds([aRow("train", "running", 1), aRow("train", "ready", 9)])).toBeNull();
    expect(etaSeconds([aRow("train", "failed", 1, { meanSeconds: 3 }), aRow("train", "ready", 9)])).toBeNull();
  });

  test("is each open job at the mean of its kind, shared by the slots", () => {
    const rows = [
      aRow("train", "done", 4, { meanSeconds: 10 }),
      aRow("query", "done", 4, { meanSeconds: 2 }),
      aRow("train", "running", 1),
      aRow("train", "ready", 2),
      aRow("query", "waiting", 3),
    ];
    expect(etaSeconds(rows)).toBe(3 * 10 + 3 * 2);
    expect(etaSeconds(rows, 2)).toBe((3 * 10 + 3 * 2) / 2);
    expect(etaSeconds(rows, 0)).toBe(3 * 10 + 3 * 2);
  });

  test("is no shorter than one job of each kind that is left, however many slots there are", () => {
    const rows = [
      aRow("train", "done", 4, { meanSeconds: 10 }),
      aRow("query", "done", 4, { meanSeconds: 2 }),
      aRow("train", "running", 1),
      aRow("query", "waiting", 3),
    ];
    expect(etaSeconds(rows, 4)).toBe(10 + 2);
    expect(etaSeconds(rows, 1000)).toBe(10 + 2);
  });

  test("is longer where others have their share of the slots", () => {
    const rows = [aRow("train", "done", 4, { meanSeconds: 10 }), aRow("train", "ready", 80)];
    expect(summarizeProgress(rows, 8, 1).etaSeconds).toBe(100);
    expect(summarizeProgress(rows, 8, 0.25).etaSeconds).toBe(400);
  });

  test("counts a kind that was not measured as the shortest that was: queries are far shorter than trains", () => {
    const rows = [
      aRow("prepare", "done", 1, { meanSeconds: 0.5 }),
      aRow("train", "done", 1, { meanSeconds: 60 }),
      aRow("train", "ready", 1),
      aRow("query", "waiting", 2),
      aRow("attack", "waiting", 4),
    ];
    expect(etaSeconds(rows)).toBe(60 + 6 * 0.5);
  });

  test("is zero when only ended jobs are left", () => {
    const ended: JobState[] = ["failed", "blocked", "cancelled"];
    const rows = [aRow("train", "done", 1, { meanSeconds: 10 }), ...ended.map((state) => aRow("query", state, 2))];
    expect(etaSeconds(rows)).toBe(0);
  });
});
