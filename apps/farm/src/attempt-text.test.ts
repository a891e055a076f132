import type { AttemptRow } from "@shadowfarm/store/attempt-logs";
import { expect, test } from "vitest";
import { renderAttempt } from "./attempt-text.ts";

const attempt: AttemptRow = {
  key: "0123456789abcdef",
  fence: 2,
  kind: "train",
  workerId: "lab-1",
  startedAt: new Date("2026-01-02T03:04:05Z"),
  finishedAt: null,
  outcome: null,
  error: null,
  lines: [],
  dropped: 0,
};

test("an attempt that runs says since when and where", () => {
  expect(renderAttempt(attempt)).toBe("train 0123456789 attempt 2 runs since 2026-01-02 03:04:05, on lab-1");
});

test("one that ended says how, and what it said, dropped lines and control characters made plain", () => {
  const failed: AttemptRow = {
    ...attempt,
    outcome: "failed",
    finishedAt: new Date("2026-01-02T03:04:50Z"),
    error: "the loss is not finite\nlower it",
    dropped: 3,
    lines: [{ at: "2026-01-02T03:04:49.125Z", from: "stderr", text: "\u001b[31mtoo\tlarge" }],
  };
  expect(renderAttempt(failed).split("\n")).toEqual([
    "train 0123456789 attempt 2 failed after 45s (2026-01-02 03:04:05), on lab-1",
    "  the loss is not finite",
    "  lower it",
    "  … 3 earlier lines were dropped",
    "  03:04:49.125 stderr �[31mtoo\tlarge",
  ]);
});
