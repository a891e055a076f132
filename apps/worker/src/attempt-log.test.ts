import { expect, test } from "vitest";
import { KEPT, openAttemptLog } from "./attempt-log.ts";

const at = new Date(0);

test("an attempt's lines are kept in order, with who said them and when", () => {
  const log = openAttemptLog();
  log.add("stderr", "first\n\nsecond\n", at);
  log.add("worker", "attempt failed", at);
  expect(log.lines).toEqual([
    { at: "1970-01-01T00:00:00.000Z", from: "stderr", text: "first" },
    { at: "1970-01-01T00:00:00.000Z", from: "stderr", text: "second" },
    { at: "1970-01-01T00:00:00.000Z", from: "worker", text: "attempt failed" },
  ]);
  expect(log.dropped).toBe(0);
});

test("of more lines than are kept, the first ones go and are counted", () => {
  const log = openAttemptLog();
  for (let line = 0; line < 450; line++) log.add("stdout", `line ${line}`, at);
  expect(log.lines).toHaveLength(KEPT.lines);
  expect(log.lines[0]?.text).toBe("line 250");
  expect(log.lines.at(-1)?.text).toBe("line 449");
  expect(log.dropped).toBe(250);
});

test("of more characters than are kept, too, and a line that has too many is cut", () => {
  const log = openAttemptLog({ lines: 200, characters: 100, ofLine: 30 });
  for (let line = 0; line < 20; line++) log.add("stdout", String(line).padEnd(200, "x"), at);
  expect(log.lines).toHaveLength(3);
  for (const { text } of log.lines) expect(text).toHaveLength(30);
  expect(log.lines.at(-1)?.text).toMatch(/^19x{27}…$/);
  expect(log.dropped).toBe(17);
});

test("what the database would refuse is replaced", () => {
  const log = openAttemptLog({ lines: 2, characters: 100, ofLine: 4 });
  log.add("stderr", "a\0b\nab😀", at);
  expect(log.lines.map(({ text }) => text)).toEqual(["a�b", "ab😀"]);
  log.add("stderr", "ab😀cd", at);
  expect(log.lines.at(-1)?.text).toBe("ab�…");
});
