import type { AttemptRow } from "@shadowfarm/store/attempt-logs";
import { duration } from "./follow.ts";

/** An attempt for people: what became of it, and below it what it said. */
export function renderAttempt({ lines, dropped, ...attempt }: AttemptRow): string {
  const head = `${attempt.kind} ${attempt.key.slice(0, 10)} attempt ${attempt.fence} ${endingOf(attempt)}, on ${attempt.workerId}`;
  return [
    head,
    ...(attempt.error ? [`  ${attempt.error.replaceAll("\n", "\n  ")}`] : []),
    ...(dropped > 0 ? [`  … ${dropped} earlier lines were dropped`] : []),
    ...lines.map(({ at, from, text }) => `  ${at.slice(11, 23)} ${from.padEnd(6)} ${printable(text)}`),
  ].join("\n");
}

function endingOf({
  outcome,
  startedAt,
  finishedAt,
}: Pick<AttemptRow, "outcome" | "startedAt" | "finishedAt">): string {
  const began = startedAt.toISOString().slice(0, 19).replace("T", " ");
  if (outcome === null || finishedAt === null) return `runs since ${began}`;
  return `${outcome} after ${duration((finishedAt.getTime() - startedAt.getTime()) / 1000)} (${began})`;
}

/** What a process wrote must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => (character === "\t" ? "\t" : "�"));
}
