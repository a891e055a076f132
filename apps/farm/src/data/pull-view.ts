import { MultiBar, type SingleBar } from "cli-progress";
import type { PullView } from "./pull-fetch.ts";

const LINE_MS = 5_000;

/** Shows downloads on standard error: a bar each on a terminal, a line every few seconds elsewhere. */
export function openPullView(): PullView & { close(): void } {
  return process.stderr.isTTY ? barView() : lineView();
}

/** `9912422` → `9.9 MB`. */
export function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const power = bytes < 999_950 ? 1 : bytes < 999_950_000 ? 2 : 3;
  return `${(bytes / 1_000 ** power).toFixed(1)} ${["kB", "MB", "GB"][power - 1]}`;
}

function barView(): PullView & { close(): void } {
  const all = new MultiBar({
    format: "{bar} {have} of {all} · {name} · ETA {eta_formatted}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 100,
  });
  const bars = new Map<string, SingleBar>();
  return {
    progress(name, bytes, total) {
      const payload = { name, have: sizeOf(bytes), all: sizeOf(total) };
      const bar = bars.get(name) ?? all.create(total, bytes, payload);
      bars.set(name, bar);
      bar.setTotal(total);
      bar.update(bytes, payload);
    },
    wait: (name, holder) => all.log(`${waiting(name, holder)}\n`),
    end(name) {
      const bar = bars.get(name);
      if (bar) all.remove(bar);
      bars.delete(name);
    },
    close: () => all.stop(),
  };
}

function lineView(): PullView & { close(): void } {
  const shown = new Map<string, number>();
  return {
    progress(name, bytes, total) {
      const now = performance.now();
      const last = shown.get(name);
      if (last === undefined) shown.set(name, now);
      if (last === undefined || now - last < LINE_MS) return;
      shown.set(name, now);
      process.stderr.write(`${name}: ${sizeOf(bytes)} of ${sizeOf(total)}\n`);
    },
    wait: (name, holder) => process.stderr.write(`${waiting(name, holder)}\n`),
    end: (name) => shown.delete(name),
    close() {},
  };
}

function waiting(name: string, holder: string): string {
  return `${name}: waiting for ${holder}, which downloads it`;
}
