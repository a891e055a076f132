import { existsSync, readFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { attacks } from "@shadowfarm/ml/attacks/index";
import { parseNpy } from "@shadowfarm/ml/npy";
import { describe, expect } from "vitest";
import { test } from "../fixtures.ts";

const crosscheck = path.resolve(
  process.env.SHADOWFARM_CROSSCHECK ?? path.join(import.meta.dirname, "../../../shared/crosscheck"),
);
const present = existsSync(crosscheck);

type Rows = readonly (readonly number[])[];

/** A file of doubles that numpy could have written. */
function npyOf(shape: readonly number[], values: readonly number[]): Uint8Array {
  const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(", ")},), }\n`;
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length, 0]);
  return Buffer.concat([start, Buffer.from(header), new Uint8Array(Float64Array.from(values).buffer)]);
}

async function write(folder: string, name: string, content: string | Uint8Array): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, content);
  return file;
}

const csvOf = (rows: Rows, header?: string) =>
  [...(header ? [header] : []), ...rows.map((row) => row.join(","))].join("\n");

/**
 * 48 records of 3 classes and 5 models, which are surer of their members. Models 0 and 1, and 2 and 3, are complements, so
 * that every record is in half of the target's four shadows.
 */
function fiveModels(): { posteriors: number[][][]; labels: number[]; membership: number[][] } {
  const labels = [...Array(48).keys()].map((record) => record % 3);
  const membership = [0, 1, 2, 3, 4].map((model) =>
    labels.map((_, record) => ((Math.floor(record / 3) >> Math.floor(model / 2)) & 1) ^ (model % 2)),
  );
  const posteriors = membership.map((flags, model) =>
    flags.map((member, record) => {
      const rest = (member ? 0.02 : 0.1) + ((record * 7 + model * 5) % 11) / 50;
      return [0, 1, 2].map((label) => (label === labels[record] ? 1 - rest : rest / 2));
    }),
  );
  return { posteriors, labels, membership };
}

async function writeFiveModels(folder: string): Promise<string[]> {
  const { posteriors, labels, membership } = fiveModels();
  return [
    ...["--posteriors", await write(folder, "p.npy", npyOf([5, 48, 3], posteriors.flat(2)))],
    ...["--labels", await write(folder, "y.csv", csvOf(labels.map((label) => [label])))],
    ...["--membership", await write(folder, "m.csv", csvOf(membership))],
  ];
}

test("all attacks that apply, the others with their reasons, and every record's scores", async ({ cli, folder }) => {
  const files = await writeFiveModels(folder);
  const outside = fiveModels().posteriors.flatMap((model) => model.slice(0, 10));
  const population = [
    ...["--population-posteriors", await write(folder, "zp.npy", npyOf([5, 10, 3], outside.flat()))],
    ...["--population-labels", await write(folder, "zy.npy", npyOf([10], fiveModels().labels.slice(0, 10)))],
  ];
  const scores = path.join(folder, "scores.csv");
  const { code, stdout, stderr } = await cli.run(["attack", ...files, ...population, "--scores", scores]);
  const refused = stderr.trim().split("\n");
  expect(refused).toEqual(
    expect.arrayContaining([
      "not applicable: threshold: it needs the target's answers on random points; use threshold:threshold=oracle",
      "not applicable: transfer: it needs shadow models of another dataset; use another attack",
    ]),
  );
  const names = stdout.split("\n").flatMap((line) => /^([a-z-]+) +[01]\.\d/.exec(line)?.[1] ?? []);
  const others = refused.map((line) => /^not applicable: ([a-z-]+): it needs .*; use /.exec(line)?.[1]);
  expect([...names, ...others].sort()).toEqual(Object.keys(attacks).sort());
  expect(names.length).toBeGreaterThan(10);
  expect(stdout).toMatch(
    /\n\n48 records \(24 members, 24 non-members\), 3 classes, 5 models \(target: 4\), 10 population records, smallest resolvable FPR 0\.0417\n$/,
  );
  expect(code).toBe(0);
  const lines = (await readFile(scores, "utf8")).trim().split("\n");
  expect(lines[0]).toBe(`record,label,member,${names.join(",")}`);
  expect(lines.length).toBe(49);
  expect(lines[2]).toMatch(new RegExp(`^1,1,[01](,-?\\d[\\d.e-]*){${names.length}}$`));
  // Neither a database nor what is half written.
  expect((await readdir(folder)).sort()).toEqual(["m.csv", "p.npy", "scores.csv", "y.csv", "zp.npy", "zy.npy"]);
});

describe.skipIf(!present)(
  present ? "cross-check" : `cross-check SKIPPED: no ${crosscheck}; set SHADOWFARM_CROSSCHECK`,
  () => {
    const file = (name: string) => path.join(crosscheck, `${name}.npy`);
    const arrayOf = (name: string) => parseNpy(readFileSync(file(name)), name);
    const files = [
      ...["--posteriors", file("posteriors"), "--labels", file("labels"), "--membership", file("membership")],
      ...["--population-posteriors", file("population_posteriors"), "--population-labels", file("population_labels")],
    ];
    const published = [
      ["tensorflow/privacy mi_lira_2021 online", "lira:center=median"],
      ["aidotse/LeakPro AttackLiRA offline var=carlini", "lira:variant=offline,spread=raw"],
      ["facebookresearch/PrivacyGuard RmiaAttack online", "rmia:variant=online,temperature=1,references=largest-half"],
      [
        "privacytrustlab/ml_privacy_meter run_rmia offline a=0.3, 16 refs",
        "rmia:temperature=1,references=largest-half",
      ],
      ["negative prediction entropy", "threshold:statistic=entropy,threshold=oracle"],
    ] as const;
    const ofTargetAlone = ["gap", "attack-p", "metric:statistic=confidence,threshold=oracle"];
    const asking = (specs: readonly string[]) => [...specs.flatMap((attack) => ["--attack", attack]), "--json"];

    test("public toolkits' numbers, and the same from CSV files", async ({ cli, folder }) => {
      const specs = [...ofTargetAlone, ...published.map(([, attack]) => attack)];
      const npy = await cli.run(["attack", ...files, ...asking(specs)]);
      expect(npy).toMatchObject({ code: 0, stderr: "" });
      const result = JSON.parse(npy.stdout);
      expect(result).toMatchObject({ notApplicable: [], records: 1000, classes: 5, models: 17 });
      const expected = JSON.parse(readFileSync(path.join(crosscheck, "expected.json"), "utf8"));
      published.forEach(([row], at) => {
        const { metrics } = result.attacks[ofTargetAlone.length + at];
        expect([row, metrics.auc.toFixed(4)]).toEqual([row, expected[row].auc.toFixed(4)]);
        expect([row, metrics.bestBalancedAccuracy.toFixed(4)]).toEqual([row, expected[row].balacc.toFixed(4)]);
        expect([row, metrics.tprAtFpr["0.01"].toFixed(4)]).toEqual([row, expected[row].tpr1.toFixed(4)]);
        expect(metrics.tprAtFpr["0.001"]).toBeNull();
      });
      expect(result.attacks[ofTargetAlone.length].params).toMatchObject({ center: "median", shadows: 16 });

      const target = (name: string, width: number) => {
        const values = Array.from(arrayOf(name).data as ArrayLike<number>);
        const own = values.slice(-1000 * width);
        return Array.from({ length: 1000 }, (_, record) => own.slice(record * width, (record + 1) * width));
      };
      const csv = await cli.run([
        "attack",
        ...["--posteriors", await write(folder, "p.csv", csvOf(target("posteriors", 5), "a,b,c,d,e"))],
        ...["--labels", await write(folder, "y.csv", csvOf(target("labels", 1), "label"))],
        ...["--membership", await write(folder, "m.csv", csvOf(target("membership", 1)))],
        ...["--population-posteriors", await write(folder, "zp.csv", csvOf(target("population_posteriors", 5)))],
        ...["--population-labels", await write(folder, "zy.csv", csvOf(target("population_labels", 1)))],
        ...asking(ofTargetAlone),
      ]);
      expect(csv).toMatchObject({ code: 0, stderr: "" });
      const alone = JSON.parse(csv.stdout);
      expect(alone).toMatchObject({ notApplicable: [], records: 1000, classes: 5, models: 1 });
      const metricsOf = ({ metrics }: { metrics: unknown }) => metrics;
      expect(alone.attacks.map(metricsOf)).toEqual(result.attacks.slice(0, ofTargetAlone.length).map(metricsOf));
    });
  },
);

describe.concurrent("refused in one line:", () => {
  const good = {
    "p.csv": csvOf([
      [0.9, 0.1],
      [0.2, 0.8],
      [0.6, 0.4],
      [0.5, 0.5],
    ]),
    "y.csv": "0\n1\n0\n1",
    "m.csv": "1\n1\n0\n0",
  };

  test.for<[string, Partial<typeof good>, string[], string]>([
    [
      "logits",
      { "p.csv": "3,-1\n0,1\n0,1\n0,1" },
      [],
      "p.csv, record 0: the posterior of class 0 is 3; give probabilities; of logits, their softmax",
    ],
    [
      "labels from 1",
      { "y.csv": "1\n2\n1\n2" },
      [],
      "y.csv, record 1: the label is 2, not a whole number from 0 to 1, for FOLDER/p.csv has 2 classes; these begin at 1: subtract 1 from all",
    ],
    [
      "a missing file",
      {},
      ["--labels", "FOLDER/x.npy"],
      "x.npy: cannot be read (ENOENT); give the path of a .npy or .csv file",
    ],
    [
      "scores in place of the labels",
      {},
      ["--scores", "FOLDER/y.csv"],
      "y.csv: the attacks read it, too; give another place with --scores",
    ],
    [
      "half a population",
      {},
      ["--population-labels", "FOLDER/y.csv"],
      "--population-labels alone is not enough; give --population-posteriors, too",
    ],
    [
      "an attack that needs more",
      {},
      ["--attack", "gap", "--attack", "threshold"],
      "--attack threshold: it needs the target's answers on random points; use threshold:threshold=oracle",
    ],
  ])("%s", async ([, changes, options, message], { cli, folder }) => {
    for (const [name, content] of Object.entries({ ...good, ...changes })) await write(folder, name, content);
    const placed = (text: string) => text.replaceAll("FOLDER", folder);
    const { code, stdout, stderr } = await cli.run([
      "attack",
      ...["--posteriors", "FOLDER/p.csv", "--labels", "FOLDER/y.csv", "--membership", "FOLDER/m.csv"].map(placed),
      ...options.map(placed),
    ]);
    expect(stderr.replace(`${folder}/`, "")).toBe(`${placed(message)}\n`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(existsSync(cli.home)).toBe(false);
  });

  test("what an attack itself refuses, when it was asked for by name", async ({ cli, folder }) => {
    const files = await writeFiveModels(folder);
    const { labels, membership } = fiveModels();
    const onesided = membership.map((flags) => flags.map((flag, record) => (labels[record] === 0 ? 1 : flag)));
    await write(folder, "m.csv", csvOf(onesided));
    const { code, stdout, stderr } = await cli.run(["attack", ...files, "--attack", "gap", "--attack", "shokri"]);
    expect(stderr).toBe(
      "--attack shokri: class 0 is absent from the shadows' non-members, so it can have no attack model; use more shadows or records\n",
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});
