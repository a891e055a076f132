import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Catalog, DatasetUse } from "./catalog.ts";
import { InvalidInput } from "./errors.ts";
import { InvalidExperiment, parseExperiment } from "./experiment.ts";
import { keyOf, type PlannedJob } from "./graph.ts";
import { inputKeys, type JobKind, jobKinds } from "./job.ts";
import { compilePlan, countByKind, type Plan } from "./plan.ts";
import { needyCatalog, tinyCatalog } from "./tiny-catalog.fixture.ts";
import { trainingSchema } from "./training.ts";

function aDatasetUse(changes: Partial<DatasetUse> = {}): DatasetUse {
  return {
    name: "digits",
    version: 1,
    source: "real",
    checksum: "c0ffee",
    records: 1000,
    largestGroup: 1,
    origin: "a test's digits",
    ...changes,
  };
}

const digits = aDatasetUse();
const places = aDatasetUse({ name: "places", checksum: "bad", origin: "a test's places" });

interface Circumstances {
  datasets?: readonly DatasetUse[];
  engine?: string;
  catalog?: Catalog;
}

/** The plan of the smallest experiment, but for the given fields. */
function plan(changes: Record<string, unknown> = {}, circumstances: Circumstances = {}): Plan {
  const { datasets = [digits], engine = "cpu", catalog = needyCatalog } = circumstances;
  const content = { name: "small", datasets: datasets.map(({ name }) => name), attacks: ["gap"], ...changes };
  return compilePlan(parseExperiment(content, catalog), catalog, { datasets, engine });
}

function refuse(why: string): never {
  throw new InvalidInput(why);
}

/** What a plan is refused for. */
function complaints(changes: Record<string, unknown>, circumstances: Circumstances = {}): string[] {
  try {
    plan(changes, circumstances);
  } catch (error) {
    if (error instanceof InvalidExperiment) return error.message.split("\n");
    throw error;
  }
  return [];
}

/** A plan's graph, a line a job: `query target ← prepare digits + train target`. Inputs that come later are `?`. */
function drawn({ jobs }: Plan): string[] {
  const titles = new Map<string, string>();
  return jobs.map((job) => {
    const inputs = inputKeys(job).map((key) => titles.get(key) ?? "?");
    titles.set(job.key, titleOf(job, inputs));
    return [titles.get(job.key), ...(inputs.length > 0 ? [inputs.join(" + ")] : [])].join(" ← ");
  });
}

function titleOf({ kind, params }: PlannedJob, inputs: readonly string[]): string {
  switch (kind) {
    case "prepare":
      return "dataset" in params ? `prepare ${params.dataset.name}` : `make up ${params.made.kind}`;
    case "train":
      return `train ${params.owner}`;
    case "query": {
      const { points } = params;
      const asked = { evaluation: "", population: "population of ", random: "points: " }[points.set];
      const own =
        points.set === "evaluation"
          ? points.owner === params.owner
            ? ""
            : ` on ${points.owner}`
          : ` on ${asked}${points.count}`;
      return `query ${inputs[1]?.replace("train ", "")}${own}${params.views > 1 ? ` in ${params.views} views` : ""}`;
    }
    case "attack":
      return `attack ${params.attack.name}`;
  }
}

function keysOf({ jobs }: Plan, kind?: JobKind): string[] {
  return jobs.filter((job) => kind === undefined || job.kind === kind).map(({ key }) => key);
}

/** The kinds of job that have other keys in the second plan. */
function kindsThatDiffer(a: Plan, b: Plan): JobKind[] {
  return jobKinds.filter((kind) => keysOf(a, kind).join() !== keysOf(b, kind).join());
}

describe("the jobs of an attack", () => {
  test("that needs the target alone, in every detail", () => {
    const { jobs, cells } = plan({ seed: 7, records: 100, model: { name: "mlp", hidden: 4 } });
    const [prepare, train, query, attack] = jobs.map(({ key }) => key) as [string, string, string, string];
    const seed = "7/repeat/0";
    const split = { scheme: "quarters", seed, side: 100 };
    const engine = "cpu";
    const model = { name: "mlp", version: 1, params: { hidden: 4 } };
    const defense = { name: "none", version: 1, params: {} };
    const gap = { name: "gap", version: 1, params: {} };
    const training = trainingSchema.parse({});
    const { origin: _, largestGroup: __, ...identity } = digits;
    const input = { kind: "image", shape: [4, 4, 1], low: 0, high: 1 };
    const encoding = { kind: "none" };
    expect(jobs).toEqual([
      { key: prepare, kind: "prepare", effort: 0, params: { dataset: identity } },
      {
        key: train,
        kind: "train",
        effort: 10 * 4 * 100 * training.epochs,
        params: {
          inputs: { records: prepare },
          engine,
          seed,
          split,
          owner: "target",
          input,
          encoding,
          model,
          defense,
          training,
        },
      },
      {
        key: query,
        kind: "query",
        effort: 0,
        params: {
          inputs: { records: prepare, weights: train },
          engine,
          seed,
          split,
          owner: "target",
          points: { set: "evaluation", owner: "target" },
          views: 1,
          defense,
        },
      },
      {
        key: attack,
        kind: "attack",
        effort: 0,
        params: {
          inputs: {
            ...{ target: query, shadows: [], references: [], population: [], randomPoints: null },
            ...{ probed: [], probedRandomPoints: null, made: [] },
          },
          engine,
          seed,
          attack: gap,
          access: "labels",
        },
      },
    ]);
    expect(cells).toEqual([
      {
        dataset: digits,
        datasetParams: {},
        records: 100,
        split: "quarters",
        model,
        training,
        defense,
        attack: gap,
        attacker: "aware",
        repeat: 0,
        jobKey: attack,
      },
    ]);
  });

  test("have pinned keys: stored work is found by them", () => {
    expect(keysOf(plan()).map((key) => key.slice(0, 10))).toMatchInlineSnapshot(`
      [
        "f663e93d34",
        "2912b457f0",
        "ab0237f75e",
        "15e88c5336",
      ]
    `);
    for (const { key, ...work } of plan().jobs) expect(keyOf(work)).toBe(key);
  });

  test("of an unaware attacker are models that are not defended, where that makes a difference", () => {
    const defenses = ["none", "dropout"];
    const both = plan({ defenses, attacks: ["gap", "shadow"], attacker: ["aware", "unaware"] });
    expect(both.cells.map(({ defense, attack, attacker }) => [defense.name, attack.name, attacker].join(" "))).toEqual([
      "none gap aware",
      "none shadow aware",
      "dropout gap aware",
      "dropout shadow aware",
      "dropout shadow unaware",
    ]);
    // One more attack, on the shadow that the undefended target has already, and under no defense.
    expect(both.jobs).toHaveLength(plan({ defenses, attacks: ["gap", "shadow"] }).jobs.length + 1);
  });

  test("are as many shadow models as it needs, each asked about its own records", () => {
    expect(drawn(plan({ attacks: [{ name: "shadow", shadows: 2 }] }))).toEqual([
      "prepare digits",
      "train target ← prepare digits",
      "query target ← prepare digits + train target",
      "train 0 ← prepare digits",
      "query 0 ← prepare digits + train 0",
      "train 1 ← prepare digits",
      "query 1 ← prepare digits + train 1",
      "attack shadow ← query target + query 0 + query 1",
    ]);
  });

  test("ask the target about random points when it needs some, and not otherwise", () => {
    expect(drawn(plan({ attacks: [{ name: "threshold", points: 50 }] }))).toEqual([
      "prepare digits",
      "train target ← prepare digits",
      "query target ← prepare digits + train target",
      "query target on points: 50 ← prepare digits + train target",
      "attack threshold ← query target + query target on points: 50",
    ]);
    expect(drawn(plan({ attacks: [{ name: "threshold", points: 0 }] })).at(-1)).toBe("attack threshold ← query target");
  });
});

describe("the jobs of an attack with other needs", () => {
  test("references are asked about the target's records, and about the population", () => {
    expect(drawn(plan({ records: 100, attacks: [{ name: "lira", shadows: 1, population: 20, views: 2 }] }))).toEqual([
      "prepare digits",
      "train target ← prepare digits",
      "query target in 2 views ← prepare digits + train target",
      "train 0 ← prepare digits",
      "query 0 on target in 2 views ← prepare digits + train 0",
      "query target on population of 20 in 2 views ← prepare digits + train target",
      "query 0 on population of 20 in 2 views ← prepare digits + train 0",
      "attack lira ← query target in 2 views + query 0 on target in 2 views + query target on population of 20 in 2 views + query 0 on population of 20 in 2 views",
    ]);
  });

  test("references are the shadow models that other attacks have: none is trained twice", () => {
    const { jobs } = plan({
      attacks: [
        { name: "shadow", shadows: 2 },
        { name: "lira", shadows: 4 },
      ],
    });
    expect(countByKind(jobs)).toEqual({ prepare: 1, train: 5, query: 7, attack: 2 });
  });

  test("a shadow of another kind, or trained otherwise, is a model of its own", () => {
    const attacks = [
      { name: "varied", shadowModel: ["same", "mlp"] },
      { name: "varied", batch: 7 },
    ];
    const { jobs } = plan({ attacks });
    const trained = jobs.flatMap((job) => (job.kind === "train" ? [job.params] : []));
    expect(trained.map(({ owner, model, training }) => [owner, model.name, training.batch])).toEqual([
      ["target", "cnn", 100],
      [0, "cnn", 100],
      [0, "mlp", 100],
      [0, "cnn", 7],
    ]);
  });

  test("made-up records come from the target's answers, and noisy ones from the records alone", () => {
    expect(
      drawn(
        plan({
          attacks: [
            { name: "varied", made: 40 },
            { name: "varied", noise: 0.1 },
          ],
        }),
      ),
    ).toEqual([
      "prepare digits",
      "train target ← prepare digits",
      "make up marginals ← prepare digits + train target",
      "query target ← prepare digits + train target",
      "train 0 ← make up marginals",
      "query 0 ← make up marginals + train 0",
      "attack varied ← query target + query 0 + make up marginals",
      "make up noise ← prepare digits",
      "train 0 ← make up noise",
      "query 0 ← make up noise + train 0",
      "attack varied ← query target + query 0",
    ]);
  });

  test("a transfer matrix trains each target and each shadow once", () => {
    const changes = { records: 100, attacks: [{ name: "transfer", from: ["digits", "places"] }] };
    const { jobs, cells } = plan(changes, { datasets: [digits, places] });
    expect(cells).toHaveLength(4);
    expect(countByKind(jobs)).toEqual({ prepare: 2, train: 4, query: 4, attack: 4 });
  });
});

describe("shared work is one job", () => {
  test("under several attacks: one target, one answer, and the shadows of the attack that needs most", () => {
    const attacks = ["gap", { name: "shadow", shadows: [1, 2] }, { name: "threshold", points: 50 }];
    expect(drawn(plan({ attacks }))).toEqual([
      "prepare digits",
      "train target ← prepare digits",
      "query target ← prepare digits + train target",
      "attack gap ← query target",
      "train 0 ← prepare digits",
      "query 0 ← prepare digits + train 0",
      "attack shadow ← query target + query 0",
      "train 1 ← prepare digits",
      "query 1 ← prepare digits + train 1",
      "attack shadow ← query target + query 0 + query 1",
      "query target on points: 50 ← prepare digits + train target",
      "attack threshold ← query target + query target on points: 50",
    ]);
  });

  test("in two experiments: an attack more changes no other key", () => {
    const one = plan({ name: "one", attacks: ["gap", "shadow"] });
    const more = plan({ name: "more", attacks: ["threshold", "shadow", "gap"] });
    expect(keysOf(more)).toEqual(expect.arrayContaining(keysOf(one)));
    expect(countByKind(more.jobs)).toEqual({ prepare: 1, train: 2, query: 3, attack: 3 });
  });

  test("however the records on a side were chosen", () => {
    expect(keysOf(plan({ records: 250 }))).toEqual(keysOf(plan()));
  });

  test("across defenses, models and trainings the data are prepared once", () => {
    const { jobs, cells } = plan({
      defenses: ["none", "dropout"],
      model: ["cnn", "mlp"],
      training: { epochs: [1, 2] },
      records: [50, 100],
    });
    expect(countByKind(jobs)).toEqual({ prepare: 1, train: 16, query: 16, attack: 16 });
    expect(cells).toHaveLength(16);
  });

  test("under a defense that only changes answers the undefended models serve", () => {
    const { jobs } = plan({ defenses: ["none", "rounding"], attacks: ["shadow"] });
    expect(countByKind(jobs)).toEqual({ prepare: 1, train: 2, query: 4, attack: 2 });
  });

  test("across a dataset's parameters and splits, too", () => {
    const changes = { datasets: [{ name: "places", features: [4, 8] }], split: ["quarters", "halves"], records: 100 };
    const { jobs, cells } = compilePlan(
      parseExperiment({ name: "small", attacks: ["gap"], ...changes }, tinyCatalog),
      tinyCatalog,
      { datasets: [places], engine: "cpu" },
    );
    expect(countByKind(jobs)).toEqual({ prepare: 1, train: 4, query: 4, attack: 4 });
    expect(cells.map(({ datasetParams, split }) => `${datasetParams.features} ${split}`)).toEqual([
      "4 quarters",
      "4 halves",
      "8 quarters",
      "8 halves",
    ]);
  });

  test("a model of relabelled records is asked about the target's, and those were asked of the target", () => {
    const { jobs } = plan({ attacks: [{ name: "varied", relabelled: true }] });
    expect(drawn({ jobs, cells: [] })).toEqual([
      "prepare digits",
      "train target ← prepare digits",
      "make up relabelled ← prepare digits + train target",
      "query target ← prepare digits + train target",
      "train 0 ← make up relabelled",
      "query 0 on target ← make up relabelled + train 0",
      "attack varied ← query target + query 0 on target + make up relabelled",
    ]);
  });

  test("a probe runs once for all attacks that want it, as far as the one that wants most", () => {
    const { jobs, cells } = plan({
      attacks: [{ name: "boundary", queries: [250, 1000], norm: ["l1", "l2"], points: [0, 5] }],
    });
    // Of target and shadow the labels, and what the probe finds; of the random points both.
    expect(countByKind(jobs)).toEqual({ prepare: 1, train: 2, query: 6, attack: 8 });
    expect(cells).toHaveLength(8);
    const probes = jobs.flatMap(({ params }) => ("probe" in params ? [params] : []));
    expect(probes.map(({ points }) => points.set)).toEqual(["evaluation", "evaluation", "random"]);
    for (const { probe } of probes) expect(probe?.checkpoints).toEqual([100, 250, 1000]);
    expect(countByKind(plan({ attacks: ["boundary", "gap"] }).jobs)).toMatchObject({ train: 2, query: 4 });
  });

  test("but every dataset and every repeat has its own", () => {
    const { jobs, cells } = plan({ repeats: 3 }, { datasets: [digits, places] });
    expect(countByKind(jobs)).toEqual({ prepare: 2, train: 6, query: 6, attack: 6 });
    expect(cells.map(({ dataset, repeat }) => `${dataset.name} ${repeat}`)).toEqual([
      "digits 0",
      "digits 1",
      "digits 2",
      "places 0",
      "places 1",
      "places 2",
    ]);
    expect(keysOf(plan({ repeats: 4 }))).toEqual(expect.arrayContaining(keysOf(plan({ repeats: 3 }))));
  });

  test.each<[string, Record<string, unknown>]>([
    ["an attack", { attacks: ["gap", { name: "gap" }] }],
    ["an attack by its defaults", { attacks: ["shadow", { name: "shadow", shadows: [1, 2], posteriors: 3 }] }],
    ["records", { records: [250, 250] }],
    ["a training value", { training: { epochs: [50, 50] } }],
    ["a model that auto stands for", { model: ["auto", "cnn"] }],
  ])("%s named twice is no second repeat", (_, changes) => {
    const { cells, jobs } = plan(changes);
    expect(new Set(cells.map(({ jobKey }) => jobKey)).size).toBe(cells.length);
    expect(cells).toHaveLength(countByKind(jobs).attack);
  });
});

describe("a key changes with all that can change the bytes", () => {
  const fromTraining: JobKind[] = ["train", "query", "attack"];
  const newer = (kind: keyof Catalog, name: string): Catalog => {
    const units = { ...tinyCatalog[kind] } as Record<string, Catalog["models"][string]>;
    const unit = units[name] as Catalog["models"][string];
    return { ...tinyCatalog, [kind]: { ...units, [name]: { ...unit, version: unit.version + 1 } } };
  };

  test.each<[string, JobKind[], Record<string, unknown>, Circumstances?]>([
    ["the data's checksum", [...jobKinds], {}, { datasets: [{ ...digits, checksum: "other" }] }],
    ["the dataset's version", [...jobKinds], {}, { datasets: [{ ...digits, version: 2 }] }],
    ["the dataset's size", [...jobKinds], {}, { datasets: [{ ...digits, records: 999 }] }],
    ["a stand-in for the data", [...jobKinds], {}, { datasets: [{ ...digits, source: "synthetic" }] }],
    ["the engine", fromTraining, {}, { engine: "wasm" }],
    ["the seed", fromTraining, { seed: 2 }],
    ["the records on a side", fromTraining, { records: 99 }],
    ["the split", fromTraining, { split: "pools" }],
    ["the model", fromTraining, { model: "mlp" }],
    ["a model's parameter", fromTraining, { model: { name: "cnn", filters: 8 } }],
    ["the model's version", fromTraining, {}, { catalog: newer("models", "cnn") }],
    ["the training", fromTraining, { training: { l2: 0 } }],
    ["the defense", fromTraining, { defenses: ["dropout"] }],
    ["the defense's version", fromTraining, {}, { catalog: newer("defenses", "none") }],
    ["the attack's version", ["attack"], {}, { catalog: newer("attacks", "gap") }],
    ["another unit's version", [], {}, { catalog: newer("attacks", "shadow") }],
    ["the words about the data's origin", [], {}, { datasets: [{ ...digits, origin: "another folder" }] }],
    ["the experiment's name", [], { name: "renamed", description: "and described" }],
  ])("%s: %j", (_, kinds, changes, circumstances = {}) => {
    const base = { records: 100 };
    expect(kindsThatDiffer(plan(base), plan({ ...base, ...changes }, circumstances))).toEqual(kinds);
  });

  test("an attack's parameter changes the attack alone, unless it needs other answers", () => {
    const base = plan({ attacks: ["threshold"] });
    expect(kindsThatDiffer(base, plan({ attacks: [{ name: "threshold", statistic: "std" }] }))).toEqual(["attack"]);
    expect(kindsThatDiffer(base, plan({ attacks: [{ name: "threshold", points: 9 }] }))).toEqual(["query", "attack"]);
  });
});

test("a plan is determined by its experiment; every job follows its inputs, and serves a cell", () => {
  const subset = <T>(...items: T[]) => fc.subarray(items, { minLength: 1 });
  const experiments = fc.record({
    attacks: subset<unknown>("gap", { name: "shadow", shadows: [3, 1] }, "threshold", { name: "threshold", points: 0 }),
    defenses: subset("none", "dropout"),
    model: subset<unknown>("auto", { name: "mlp", hidden: [4, 8] }),
    training: fc.record({ epochs: subset(1, 2) }),
    records: subset(10, 20),
    repeats: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(experiments, subset(digits, places), (changes, datasets) => {
      const { jobs, cells } = plan(changes, { datasets });
      expect(plan(changes, { datasets })).toEqual({ jobs, cells });
      const before = new Set<string>();
      const used = new Set(cells.map(({ jobKey }) => jobKey));
      for (const job of jobs) {
        expect(before.has(job.key)).toBe(false);
        for (const key of inputKeys(job)) {
          expect(before.has(key)).toBe(true);
          used.add(key);
        }
        before.add(job.key);
      }
      expect(used).toEqual(before);
      expect(cells).toHaveLength(countByKind(jobs).attack);
    }),
    { numRuns: 25 },
  );
});

test("auto is the cnn for images and the mlp for anything else, with their defaults", () => {
  const { cells } = plan({}, { datasets: [digits, places] });
  expect(cells.map(({ model }) => model)).toEqual([
    { name: "cnn", version: 1, params: { filters: 32 } },
    { name: "mlp", version: 1, params: { hidden: 128 } },
  ]);
});

test("a training takes the more effort, the larger its model, the more records it has, and the longer it trains", () => {
  const changes = { model: { name: "cnn", filters: 4 }, records: 20, training: { epochs: 7 }, attacks: ["shadow"] };
  const { jobs } = plan(changes);
  // Of one pass over a record 4 × 10: those of the tests' cnn, for ten classes.
  expect(jobs.filter(({ kind }) => kind === "train").map(({ effort }) => effort)).toEqual([5_600, 5_600]);
  expect(jobs.filter(({ kind }) => kind !== "train").every(({ effort }) => effort === 0)).toBe(true);
  const larger = plan({ ...changes, attacks: [{ name: "varied", shadowModel: "mlp" }] });
  expect(larger.jobs.filter(({ kind }) => kind === "train").map(({ effort }) => effort)).toContain(179_200);
});

describe("what cannot run is refused as place, value and remedy", () => {
  test("a model that does not take a dataset's records", () => {
    const complaint = "cnn takes image records, but places has binary ones; use auto, or another model";
    const circumstances = { datasets: [digits, places] };
    expect(complaints({ model: "cnn" }, circumstances)).toEqual([`model: ${complaint}`]);
    expect(complaints({ model: ["auto", { name: "cnn", filters: [1, 2] }] }, circumstances)).toEqual([
      `model[1]: ${complaint}`,
    ]);
  });

  test("a model for which a dataset's images are too small, also in a shadow", () => {
    const cnn = { ...tinyCatalog.models.cnn, macs: () => refuse("2 pixels are left; use larger images") };
    const catalog = { ...needyCatalog, models: { ...needyCatalog.models, cnn } } as Catalog;
    const complaint = "cnn on digits: 2 pixels are left; use larger images";
    expect(complaints({}, { catalog })).toEqual([`model: ${complaint}`]);
    expect(complaints({ model: ["mlp", "cnn"] }, { catalog })).toEqual([`model[1]: ${complaint}`]);
    expect(complaints({ model: "mlp", attacks: [{ name: "varied", shadowModel: "cnn" }] }, { catalog })).toEqual([
      "attacks[0]: varied on digits: 2 pixels are left; use larger images",
    ]);
  });

  test("more records than a dataset has", () => {
    const complaint =
      "251 on a side are too many: digits (a test's digits) has 1000 records; use at most 250 for quarters";
    expect(complaints({ records: 251 })).toEqual([`records: ${complaint}`]);
    expect(complaints({ records: [250, 251] })).toEqual([`records[1]: ${complaint}`]);
  });

  test("more records than there are certainly enough groups for", () => {
    const datasets = [aDatasetUse({ largestGroup: 30 })];
    expect(complaints({ records: 222, split: "pools" }, { datasets })).toEqual([
      "records: 222 on a side are too many: digits (a test's digits) has 1000 records in groups of up to 30 that stay together; use at most 221 for pools",
    ]);
  });

  test("a dataset that is too small for any quarter", () => {
    expect(complaints({}, { datasets: [aDatasetUse({ records: 3 })] })).toEqual([
      "datasets: digits (a test's digits) has 3 records, too few to split into quarters; use another dataset",
    ]);
  });

  test("an attack whose parameters do not fit a dataset, at its place in the file", () => {
    const attacks = [
      { name: "threshold", statistic: ["max", "std"] },
      { name: "shadow", posteriors: [3, 11, 12] },
    ];
    expect(complaints({ attacks }, { datasets: [digits, places] })).toEqual([
      "attacks[1]: shadow on digits: posteriors is 11; use 10",
      "attacks[1]: shadow on digits: posteriors is 12; use 10",
    ]);
  });

  test("an attack that is defined for another split, or needs more records besides than there are", () => {
    expect(complaints({ attacks: [{ name: "lira", split: "halves" }] })).toEqual([
      "attacks[0]: lira on digits: it is defined for split: halves, not quarters; use that split, or another variant",
    ]);
    expect(complaints({ split: "halves", attacks: [{ name: "lira", population: 100 }] })).toEqual([
      "attacks[0]: lira on digits: it needs 100 records besides the target's, but there are 0 with 500 on a side; set records to 450 or less",
    ]);
    expect(complaints({ split: "halves", records: 450, attacks: [{ name: "lira", population: 100 }] })).toEqual([]);
  });

  test("a shadow that cannot be: of no known model, for other records, or on a dataset that is not there", () => {
    expect(complaints({ attacks: [{ name: "varied", shadowModel: "cmn" }] })).toEqual([
      'attacks[0]: varied on digits: unknown shadow model "cmn"; did you mean "cnn"?',
    ]);
    expect(complaints({ attacks: [{ name: "varied", shadowModel: "cnn" }] }, { datasets: [places] })).toEqual([
      "attacks[0]: varied on places: its shadow model cnn takes image records, not binary ones",
    ]);
    expect(complaints({ attacks: [{ name: "transfer", from: "place" }] }, { datasets: [digits, places] })).toEqual([
      'attacks[0]: transfer on digits: its shadow dataset "place" is not in the experiment; name it among the datasets, or did you mean "places"?',
      'attacks[0]: transfer on places: its shadow dataset "place" is not in the experiment; name it among the datasets, or did you mean "places"?',
    ]);
  });

  test("a defense that cannot defend the model, beside others that can", () => {
    const model = { name: "mlp", hidden: [128, 4096] };
    expect(complaints({ model, defenses: ["none", "dropout", "rounding"] })).toEqual([
      "defenses[1]: dropout on digits: 4096 hidden units are too many; use fewer",
    ]);
    expect(complaints({ model, defenses: ["none", "rounding"] })).toEqual([]);
  });

  test("all of it at once, each once, whatever the sweeps", () => {
    const changes = {
      records: 300,
      model: "cnn",
      training: { epochs: [1, 2] },
      repeats: 2,
      attacks: [{ name: "shadow", posteriors: 11 }],
    };
    expect(complaints(changes, { datasets: [digits, places] }).map((line) => line.split(":")[0])).toEqual([
      "records",
      "attacks[0]",
      "records",
      "model",
    ]);
  });

  test("more cells than anybody means", () => {
    const points = Array.from({ length: 1001 }, (_, index) => index);
    expect(complaints({ repeats: 1000, attacks: [{ name: "threshold", points }] })).toEqual([
      "experiment: 1001000 cells are more than 1000000; split the experiment",
    ]);
  });
});

test("countByKind counts every kind, those without jobs too", () => {
  expect(countByKind([])).toEqual({ prepare: 0, train: 0, query: 0, attack: 0 });
  expect(countByKind(plan({ attacks: ["gap", "shadow"] }).jobs)).toEqual({ prepare: 1, train: 2, query: 2, attack: 2 });
});
