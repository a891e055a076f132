import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { InvalidInput } from "@shadowfarm/core/errors";
import { catalog } from "@shadowfarm/ml/catalog";
import { test as base, describe, expect } from "vitest";
import { readSpecFile } from "./spec-file.ts";

const test = base.extend<{ write: (content: string, name?: string) => Promise<string> }>({
  async write({ task: _ }, use) {
    const folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-test-"));
    await use(async (content, name = "spec.yaml") => {
      const file = path.join(folder, name);
      await writeFile(file, content);
      return file;
    });
    await rm(folder, { recursive: true, force: true });
  },
});

/** Joins the lines of a file. */
function lines(...text: string[]): string {
  return `${text.join("\n")}\n`;
}

/** What a person is told about a file, its path shortened to `spec`. */
async function complaints(file: string): Promise<string[]> {
  const error = await readSpecFile(file, catalog).catch((thrown: unknown) => thrown);
  if (error instanceof InvalidInput) return error.problems.map((problem) => problem.replace(file, "spec"));
  throw error;
}

const least = ["name: small", "datasets: [mnist]", "attacks: [gap]"];

describe("an experiment file", () => {
  test("in YAML or in JSON, with any line ends, holds the same experiment", async ({ write }) => {
    const { experiment, file } = await readSpecFile(
      await write(lines("# a comment", ...least, "training: { epochs: 3 }")),
      catalog,
    );
    expect(file).toMatch(/spec\.yaml$/);
    expect(experiment.spec).toMatchObject({ name: "small", seed: 1, training: { epochs: 3 } });
    const json = { name: "small", datasets: ["mnist"], attacks: ["gap"], training: { epochs: 3 } };
    const others = [
      await write(JSON.stringify(json), "spec.json"),
      await write(JSON.stringify(json, null, 2), "pretty.json"),
      await write(lines(...least, "training: { epochs: 3 }").replaceAll("\n", "\r\n"), "windows.yaml"),
      await write(`\ufeff${lines(...least, "training:", "  epochs: 3")}`, "marked.yml"),
    ];
    for (const other of others) expect((await readSpecFile(other, catalog)).experiment).toEqual(experiment);
  });

  test("may use anchors and aliases", async ({ write }) => {
    const attacks = "attacks: [gap, { name: shadow, shadows: &n 2, batch: *n }]";
    const { experiment } = await readSpecFile(await write(lines("name: small", "datasets: [mnist]", attacks)), catalog);
    expect(experiment.attacks[1]?.params).toMatchObject({ shadows: 2, batch: 2 });
  });

  test("that comes with Shadowfarm is accepted", async () => {
    const demo = path.join(import.meta.dirname, "../experiments/demo.yaml");
    expect((await readSpecFile(demo, catalog)).experiment.spec.name).toBe("demo");
  });
});

describe("what is wrong in a file is told with its line", () => {
  test("of the value, the list entry or the key", async ({ write }) => {
    const file = await write(
      lines(
        "name: small", //          1
        "datasets:", //            2
        "  - mnist", //           3
        "  - mnits", //           4
        "attacks:", //             5
        "  - gap", //             6
        "  - name: shadow", //    7
        "    shadows: 0", //      8
        "    posterior: 3", //    9
        "training:", //           10
        "  epochs:", //           11
        "    - 5", //             12
        "    - x", //             13
        "  optimizer: adm", //    14
      ),
    );
    expect((await complaints(file)).sort()).toEqual([
      'spec:11: training.epochs: "x" is not a number; give one',
      'spec:14: training.optimizer: unknown value "adm"; use "sgd", "momentum", "adam", "adamw" or "rmsprop"',
      'spec:4: datasets[1]: unknown dataset "mnits"; did you mean "mnist"?',
      "spec:8: attacks[1].shadows: 0 is too small; use at least 1",
      'spec:9: attacks[1].posterior: unknown key "posterior"; did you mean "posteriors"?',
    ]);
  });

  test("of an unknown key, not of its value below", async ({ write }) => {
    expect(await complaints(await write(lines(...least, "defense:", "  - none")))).toEqual([
      'spec:4: defense: unknown key "defense"; did you mean "defenses"?',
    ]);
    expect(await complaints(await write(lines(...least, "3: 4")))).toEqual([
      expect.stringMatching(/^spec:4: 3: unknown key "3"; known: name, /),
    ]);
  });

  test("of the nearest thing around, where the place itself is missing", async ({ write }) => {
    expect(await complaints(await write(lines("name: small", "datasets: [mnist]")))).toEqual([
      "spec:1: attacks: missing; give a list",
    ]);
    const nameless = await write(lines("name: small", "datasets: [mnist]", "attacks:", "  - gap", "  - posteriors: 3"));
    expect(await complaints(nameless)).toEqual(['spec:5: attacks[1].name: missing in {"posteriors":3}; give a string']);
  });

  test("in JSON too", async ({ write }) => {
    const content = JSON.stringify({ name: "small", seed: -1, datasets: ["mnist"], attacks: ["gap"] }, null, 2);
    expect(await complaints(await write(content, "spec.json"))).toEqual([
      "spec:3: seed: -1 is too small; use at least 0",
    ]);
  });

  test("also when it is found later, by whoever reads the data", async ({ write }) => {
    const { describe } = await readSpecFile(
      await write(lines("name: small", "datasets:", "  - mnist", "attacks: [gap]")),
      catalog,
    );
    const { problems } = describe([{ path: ["datasets", 0], message: "absent; get it" }]);
    expect(problems).toEqual([expect.stringMatching(/spec\.yaml:3: datasets\[0\]: absent; get it$/)]);
  });
});

describe("a file that is refused as a whole", () => {
  test.for<[string, string, string]>([
    ["empty", "", "spec: holds no experiment; write at least name, datasets and attacks"],
    ["a comment", "# later\n", "spec: holds no experiment; write at least name, datasets and attacks"],
    ["a word", "small\n", 'spec:1: experiment: "small" is not an object (key: value); give one'],
    ["a list", "- gap\n", 'spec:1: experiment: ["gap"] is not an object (key: value); give one'],
    ["bytes", "\0\0", 'spec:1: experiment: "\\u0000\\u0000" is not an object (key: value); give one'],
    [
      "a tab as indentation",
      lines(...least, "training:", "\tepochs: 3"),
      "spec:5: not YAML: Tabs are not allowed as indentation; mend that line",
    ],
    ["a key twice", lines(...least, "name: again"), "spec:4: not YAML: Map keys must be unique; mend that line"],
    [
      "two documents",
      lines(...least, "---", ...least),
      "spec:4: a second document begins; give each experiment a file of its own",
    ],
    [
      "an alias of nothing",
      lines("name: small", "datasets: *none", "attacks: [gap]"),
      "spec: its aliases (*name) cannot be followed: Unresolved alias (the anchor must be set before the alias): none; write the values out instead",
    ],
  ])("%s", async ([, content, complaint], { write }) => {
    expect(await complaints(await write(content))).toEqual([complaint]);
  });

  test.for<[string, string]>([
    ["an open bracket", lines("name: small", "datasets: [mnist", "attacks: [gap]")],
    ["an open quote", lines('name: "small', "datasets: [mnist]")],
    ["a wrong indentation", lines("name: small", "  datasets: [mnist]")],
    ["JSON without a comma", '{"name": "small" "seed": 1}'],
  ])("no YAML: %s", async ([, content], { write }) => {
    const told = await complaints(await write(content));
    expect(told.length).toBeGreaterThan(0);
    for (const line of told) expect(line).toMatch(/^spec:\d+: not YAML: .+; mend that line$/);
  });

  test("an alias bomb", async ({ write }) => {
    const levels = "abcdefghij".split("");
    const bomb = levels.map((name, index) => {
      const inner = index === 0 ? "x" : `*${levels[index - 1]}`;
      return `${name}: &${name} [${Array(10).fill(inner).join(", ")}]`;
    });
    expect(await complaints(await write(lines(...least, ...bomb)))).toEqual([
      expect.stringMatching(/^spec: its aliases .* resource exhaustion attack; write the values out instead$/),
    ]);
  });

  test("a list that contains itself", async ({ write }) => {
    const file = await write(lines("name: small", "datasets: [mnist]", "attacks: &a [gap, *a]"));
    expect(await complaints(file)).toEqual([
      "spec:3: attacks[1]: a list that JSON cannot hold does not fit; give a string or an object (key: value)",
    ]);
  });

  test("a key that is in every object", async ({ write }) => {
    const file = await write(lines(...least, "training:", "  __proto__:", "    epochs: 3"));
    expect(await complaints(file)).toEqual([
      'spec:5: training.__proto__: unknown key "__proto__"; known: epochs, batch, optimizer, learningRate, schedule, warmup, clipNorm, weightDecay, l2, l1',
    ]);
  });

  test("missing, or a folder", async ({ write }) => {
    const file = await write("");
    const missing = `${file}.gone`;
    expect(await complaints(missing)).toEqual(["spec: cannot be read (ENOENT); give the path of an experiment file"]);
    expect(await complaints(path.dirname(file))).toEqual([
      "spec: cannot be read (EISDIR); give the path of an experiment file",
    ]);
  });
});
