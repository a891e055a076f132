import type { LogLine } from "@shadowfarm/store/attempt-logs";

/** What is kept of an attempt at most: its last lines, and so many characters of them. */
export const KEPT = { lines: 200, characters: 64 * 1024, ofLine: 4 * 1024 };

/** The last lines of an attempt, in bounded space. */
export interface AttemptLog {
  /** A text of several lines is as many lines; empty ones are left out. */
  add(from: LogLine["from"], text: string, at?: Date): void;
  readonly lines: readonly LogLine[];
  /** Earlier lines that had to go. */
  readonly dropped: number;
}

export function openAttemptLog(kept: typeof KEPT = KEPT): AttemptLog {
  const lines: LogLine[] = [];
  let characters = 0;
  let dropped = 0;
  return {
    lines,
    get dropped() {
      return dropped;
    },
    add(from, text, at = new Date()) {
      for (const line of text.split("\n")) {
        if (line.trim() === "") continue;
        const short = storable(line.length > kept.ofLine ? `${line.slice(0, kept.ofLine - 1)}…` : line);
        lines.push({ at: at.toISOString(), from, text: short });
        characters += short.length;
      }
      while (lines.length > kept.lines || characters > kept.characters) {
        characters -= lines.shift()?.text.length ?? 0;
        dropped += 1;
      }
    },
  };
}

/** Postgres takes neither NUL nor half a character. */
function storable(text: string): string {
  return Buffer.from(text.replaceAll("\0", "�")).toString();
}
