import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { END_OF_RUN, hearOutput } from "./child-output.ts";

function aProcess() {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const heard: string[] = [];
  const drained = hearOutput({ stdout, stderr }, (from, text) => heard.push(`${from} ${text}`));
  return { stdout, stderr, heard, drained };
}

test("lines are heard as they were written, however they arrive", async () => {
  const { stdout, stderr, heard, drained } = aProcess();
  stdout.write("one\ntw");
  stdout.write("o\r\n\nthree without an end");
  stdout.write(END_OF_RUN);
  stderr.write(END_OF_RUN);
  await drained();
  expect(heard).toEqual(["stdout one", "stdout two", "stdout three without an end"]);
});

test("a run's lines are complete only when both streams have said so", async () => {
  const { stdout, stderr, heard, drained } = aProcess();
  let complete = false;
  const waiting = drained().then(() => {
    complete = true;
  });
  stdout.write(`out\n${END_OF_RUN}`);
  stderr.write("err\n");
  await new Promise(setImmediate);
  expect(complete).toBe(false);
  stderr.write(`late\n${END_OF_RUN}`);
  await waiting;
  expect(heard).toEqual(["stdout out", "stderr err", "stderr late"]);
});

test("a process that ended has nothing more to say", async () => {
  const { stdout, stderr, heard, drained } = aProcess();
  const waiting = drained();
  stdout.write("last words");
  stdout.end();
  stderr.end();
  await waiting;
  await drained();
  expect(heard).toEqual(["stdout last words"]);
});

test("a line without an end is passed on before it fills the memory", async () => {
  const { stdout, stderr, heard, drained } = aProcess();
  for (let chunk = 0; chunk < 10; chunk++) stdout.write("x".repeat(1_000));
  stdout.write(END_OF_RUN);
  stderr.write(END_OF_RUN);
  await drained();
  expect(heard.join("").match(/x/g)).toHaveLength(10_000);
  expect(heard.length).toBeGreaterThan(1);
});
