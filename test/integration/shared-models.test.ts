import { expect } from "vitest";
import { test } from "../fixtures.ts";
import { writeSpec } from "../specs.ts";

const halves = { split: "halves", defenses: ["none"] };
const lira = { name: "lira", shadows: 4, spread: "raw" };

test("an attack that is added to a finished experiment trains nothing", async ({ cli, folder }) => {
  const before = await writeSpec(folder, { ...halves, name: "before", attacks: [lira] });
  expect(await cli.run(["run", before])).toMatchObject({ code: 0 });
  const added = [
    { name: "rmia", shadows: 4, population: 40 },
    { name: "calibration", shadows: 4 },
    { name: "attack-r", shadows: 4 },
  ];
  const after = await writeSpec(folder, { ...halves, name: "after", attacks: [lira, ...added] });
  const planned = JSON.parse((await cli.run(["plan", after, "--json"])).stdout);
  // The target and four references; new are the five models' answers on the population, and the attacks.
  expect(planned.jobs).toMatchObject({ train: 5, query: 10, attack: 4 });
  expect(planned.cached).toMatchObject({ prepare: 1, train: 5, query: 5, attack: 1 });
  const { code, stderr } = await cli.run(["run", after]);
  expect(stderr).toContain(": 8 jobs executed, 12 cached, 0 failed");
  expect(code).toBe(0);
});

test("defenses that only change answers share the undefended models, and datasets their shadows", async ({
  cli,
  folder,
}) => {
  const defenses = ["none", "label-only", { name: "rounding", digits: [1, 2] }, "temperature"];
  const answered = await writeSpec(folder, { name: "answers", attacks: ["shadow"], defenses });
  expect(JSON.parse((await cli.run(["plan", answered, "--json"])).stdout)).toMatchObject({
    jobs: { train: 2, query: 10 },
  });
  const datasets = ["mnist", "location", "adult"];
  const transferred = await writeSpec(folder, {
    name: "transferred",
    datasets,
    data: "real-or-synthetic",
    attacks: [{ name: "transfer", from: datasets }],
    defenses: ["none"],
  });
  // Each of three datasets has one target and one shadow, whichever of the nine cells they serve.
  expect(JSON.parse((await cli.run(["plan", transferred, "--json"])).stdout)).toMatchObject({
    cells: 9,
    jobs: { prepare: 3, train: 6, query: 6, attack: 9 },
  });
});
