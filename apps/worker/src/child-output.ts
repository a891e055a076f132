import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";

/** What a compute process writes to both of its streams after a run: all that came before it belongs to that run. */
export const END_OF_RUN = "\u001e";

const BREAK = new RegExp(`([\r\n${END_OF_RUN}])`);
/** A longer line is passed on in pieces. */
const LONGEST = 8 * 1024;

/** A line that was heard on one of a process's streams. */
export type Hear = (from: "stdout" | "stderr", text: string) => void;

/**
 * Listens to the lines of a process.
 *
 * @returns a function to be called once after each run, that resolves when all lines of that run were heard
 */
export function hearOutput(
  { stdout, stderr }: Pick<ChildProcess, "stdout" | "stderr">,
  hear: Hear,
): () => Promise<void> {
  const drains = [
    stdout && hearStream(stdout, (text) => hear("stdout", text)),
    stderr && hearStream(stderr, (text) => hear("stderr", text)),
  ];
  return async () => {
    await Promise.all(drains.map((drained) => drained?.()));
  };
}

function hearStream(stream: Readable, hear: (text: string) => void): () => Promise<void> {
  let rest = "";
  let runs = 0;
  let ended = 0;
  let closed = false;
  const waiting: (() => void)[] = [];
  const look = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  const tell = (text: string) => {
    if (text.trim() !== "") hear(text);
  };
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const pieces = (rest + chunk).split(BREAK);
    rest = pieces.pop() ?? "";
    for (const piece of pieces) {
      if (piece === END_OF_RUN) ended += 1;
      else tell(piece);
    }
    if (rest.length > LONGEST) {
      tell(rest);
      rest = "";
    }
    look();
  });
  stream.on("close", () => {
    tell(rest);
    closed = true;
    look();
  });
  return async () => {
    runs += 1;
    const run = runs;
    while (ended < run && !closed) await new Promise<void>((resolve) => waiting.push(resolve));
  };
}
