import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Experiment, formatPath, InvalidExperiment, parseExperiment } from "./experiment.ts";
import { tinyCatalog } from "./tiny-catalog.fixture.ts";
import { trainingSchema } from "./training.ts";

/** The smallest experiment, but for the given fields. */
function aSpec(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { name: "small", datasets: ["digits"], attacks: ["gap"], ...changes };
}

function parse(changes: Record<string, unknown> = {}): Experiment {
  return parseExperiment(aSpec(changes), tinyCatalog);
}

/** The lines that a person is told about content that is refused. */
function complaints(content: unknown): string[] {
  try {
    parseExperiment(content, tinyCatalog);
  } catch (error) {
    if (error instanceof InvalidExperiment) return error.message.split("\n");
    throw error;
  }
  return [];
}

/** `first` to `last`, in steps of one. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

describe("an experiment", () => {
  test("has a default for everything but name, datasets and attacks", () => {
    const { spec, ...expanded } = parse();
    expect(spec).toEqual({
      name: "small",
      seed: 1,
      repeats: 1,
      datasets: ["digits"],
      data: "real",
      split: "quarters",
      model: "auto",
      training: {},
      attacks: ["gap"],
      defenses: ["none"],
      attacker: "aware",
      paper: [],
    });
    expect(expanded).toEqual({
      datasets: [{ name: "digits", data: "real", params: [{}] }],
      records: [null],
      splits: ["quarters"],
      models: ["auto"],
      trainings: [trainingSchema.parse({})],
      attacks: [{ name: "gap", params: {}, path: ["attacks", 0] }],
      defenses: [{ name: "none", params: {}, path: ["defenses", 0] }],
      attackers: ["aware"],
      repeats: 1,
    });
  });

  test("is the same when it is read again from what was kept of it", () => {
    const experiment = parse({ training: { epochs: [1, 2] }, model: ["auto", { name: "mlp", hidden: [4, 8] }] });
    expect(parseExperiment(JSON.parse(JSON.stringify(experiment.spec)), tinyCatalog)).toEqual(experiment);
  });

  test("lets a dataset's own data policy override the general one", () => {
    const { datasets } = parse({ data: "synthetic", datasets: ["digits", { name: "places", data: "real" }] });
    expect(datasets).toEqual([
      { name: "digits", data: "synthetic", params: [{}] },
      { name: "places", data: "real", params: [{ features: 8 }] },
    ]);
  });

  test("sweeps a dataset's parameters and the split like any other list", () => {
    const { datasets, splits } = parse({
      datasets: [{ name: "places", features: [2, 4] }],
      split: ["pools", "halves"],
    });
    expect(datasets).toEqual([{ name: "places", data: "real", params: [{ features: 2 }, { features: 4 }] }]);
    expect(splits).toEqual(["pools", "halves"]);
  });

  test("takes its model's name, its object, or a list of both", () => {
    const mlp = (hidden: number, ...path: (string | number)[]) => ({ name: "mlp", params: { hidden }, path });
    expect(parse({ model: "mlp" }).models).toEqual([mlp(128, "model")]);
    expect(parse({ model: { name: "mlp", hidden: 4 } }).models).toEqual([mlp(4, "model")]);
    expect(parse({ model: ["auto", { name: "mlp", hidden: 4 }] }).models).toEqual(["auto", mlp(4, "model", 1)]);
  });
});

describe("a sweep", () => {
  test("is the product of all lists, the last one varying fastest", () => {
    const { attacks } = parse({ attacks: ["gap", { name: "shadow", shadows: [1, 2], posteriors: [3, 5] }] });
    expect(attacks.map(({ name, params }) => ({ name, ...params }))).toEqual([
      { name: "gap" },
      { name: "shadow", shadows: 1, posteriors: 3 },
      { name: "shadow", shadows: 1, posteriors: 5 },
      { name: "shadow", shadows: 2, posteriors: 3 },
      { name: "shadow", shadows: 2, posteriors: 5 },
    ]);
    expect(attacks.map(({ path }) => formatPath(path))).toEqual(["attacks[0]", ...Array(4).fill("attacks[1]")]);
  });

  test("may be in training, records, model and defenses", () => {
    const { trainings, records, models, defenses } = parse({
      training: { epochs: [5, 10], batch: 20 },
      records: [100, 200],
      model: { name: "cnn", filters: [8, 16] },
      defenses: ["none", { name: "dropout", hidden: [0.25, 0.75] }],
    });
    expect(trainings.map(({ epochs, batch }) => [epochs, batch])).toEqual([
      [5, 20],
      [10, 20],
    ]);
    expect(records).toEqual([100, 200]);
    expect(models).toMatchObject([{ params: { filters: 8 } }, { params: { filters: 16 } }]);
    expect(defenses.map(({ params }) => params)).toEqual([
      {},
      { input: 0.5, hidden: 0.25 },
      { input: 0.5, hidden: 0.75 },
    ]);
  });

  test("of more combinations than anybody means is refused before it is expanded", () => {
    const many = { epochs: range(1, 400), batch: range(1, 400) };
    const complaint = "the sweep has more than 100000 combinations; split the experiment";
    expect(complaints(aSpec({ training: many }))).toEqual([`training: ${complaint}`]);
    expect(
      complaints(aSpec({ attacks: [{ name: "shadow", shadows: range(1, 400), posteriors: range(1, 400) }] })),
    ).toEqual([`attacks[0]: ${complaint}`]);
  });
});

const string = "give a string";
const nameOrUnit = "give a string or an object (key: value)";
const topKeys =
  "known: name, source, description, seed, repeats, datasets, data, records, split, model, training, attacks, defenses, attacker, precision, search, paper";
const trainingKeys = "known: epochs, batch, optimizer, learningRate, schedule, warmup, clipNorm, weightDecay, l2, l1";

describe("what is refused is told as place, value and remedy", () => {
  test.each<[unknown, string]>([
    [null, "null is not an object (key: value); give one"],
    [undefined, "missing; give an object (key: value)"],
    [[1], "[1] is not an object (key: value); give one"],
    ["text", '"text" is not an object (key: value); give one'],
  ])("content %j", (content, complaint) => {
    expect(complaints(content)).toEqual([`experiment: ${complaint}`]);
  });

  test("what is missing", () => {
    expect(complaints({})).toEqual([
      "name: missing; give a string",
      "datasets: missing; give a list",
      "attacks: missing; give a list",
    ]);
  });

  test.each<[Record<string, unknown>, string]>([
    // Unknown keys
    [{ attack: ["gap"] }, 'attack: unknown key "attack"; did you mean "attacks"?'],
    [{ zzzzz: 1 }, `zzzzz: unknown key "zzzzz"; ${topKeys}`],
    [{ "a b": 1 }, `["a b"]: unknown key "a b"; ${topKeys}`],
    [{ "a\nb": 1 }, `["a\\nb"]: unknown key "a\\nb"; ${topKeys}`],
    [{ datasets: [{ name: "digits", dta: 1 }] }, 'datasets[0].dta: unknown key "dta"; did you mean "data"?'],
    [
      { attacks: ["gap", { name: "shadow", posterior: 3 }] },
      'attacks[1].posterior: unknown key "posterior"; did you mean "posteriors"?',
    ],
    [{ attacks: [{ name: "gap", speed: 1 }] }, 'attacks[0].speed: unknown key "speed"; remove it'],
    [{ training: { epoch: 3 } }, 'training.epoch: unknown key "epoch"; did you mean "epochs"?'],
    [{ training: { "<<": 3 } }, `training["<<"]: unknown key "<<"; ${trainingKeys}`],
    // Unknown units
    [
      { datasets: [{ name: "places", feature: 1 }] },
      'datasets[0].feature: unknown key "feature"; did you mean "features"?',
    ],
    [{ split: "quarter" }, 'split: "quarter" does not fit; give "quarters", "pools", "halves" or a list'],
    [{ datasets: ["digtis"] }, 'datasets[0]: unknown dataset "digtis"; did you mean "digits"?'],
    [{ datasets: [{ name: "cifar" }] }, 'datasets[0].name: unknown dataset "cifar"; known: digits, places'],
    [{ attacks: ["gpa"] }, 'attacks[0]: unknown attack "gpa"; did you mean "gap"?'],
    [{ attacks: ["lira"] }, 'attacks[0]: unknown attack "lira"; known: gap, shadow, threshold'],
    [{ attacks: [""] }, 'attacks[0]: unknown attack ""; known: gap, shadow, threshold'],
    [{ attacks: ["a\nb"] }, 'attacks[0]: unknown attack "a\\nb"; known: gap, shadow, threshold'],
    [{ defenses: [{ name: "dorpout" }] }, 'defenses[0].name: unknown defense "dorpout"; did you mean "dropout"?'],
    [{ model: "resnet" }, 'model: unknown model "resnet"; known: auto, cnn, mlp'],
    [{ model: ["mlp", "atuo"] }, 'model[1]: unknown model "atuo"; did you mean "auto"?'],
    [
      { model: { name: "auto", hidden: 3 } },
      'model: {"name":"auto","hidden":3} does not fit; write auto alone, or name the model',
    ],
    [{ datasets: ["digits", "digits"] }, 'datasets[1]: "digits" is named twice; remove one'],
    [
      { datasets: ["digits", { name: "digits", data: "synthetic" }] },
      'datasets[1]: "digits" is named twice; remove one',
    ],
    // Units that are not well written
    [
      { attacks: [{ shadow: { posteriors: 3 } }] },
      `attacks[0].name: missing in {"shadow":{"posteriors":3}}; ${string}`,
    ],
    [{ attacks: [{ name: ["gap"] }] }, 'attacks[0].name: ["gap"] is not a string; give one'],
    [{ attacks: [["gap"]] }, `attacks[0]: ["gap"] does not fit; ${nameOrUnit}`],
    [{ attacks: [null] }, `attacks[0]: null does not fit; ${nameOrUnit}`],
    [{ attacks: "gap" }, 'attacks: "gap" is not a list; write ["gap"]'],
    [{ defenses: { name: "none" } }, 'defenses: {"name":"none"} is not a list; write [{"name":"none"}]'],
    [{ model: 3 }, "model: 3 does not fit; give a string, an object (key: value) or a list"],
    [{ model: { hidden: 3 } }, `model.name: missing in {"hidden":3}; ${string}`],
    [{ model: { name: 3 } }, "model.name: 3 is not a string; write it in quotes"],
    // Empty sweeps
    [{ datasets: [] }, "datasets: an empty sweep; name at least one dataset"],
    [{ attacks: [] }, "attacks: an empty sweep; name at least one attack"],
    [{ defenses: [] }, "defenses: an empty sweep; name at least one defense"],
    [{ records: [] }, "records: an empty sweep; give at least one value"],
    [{ model: [] }, "model: an empty sweep; give at least one value"],
    [
      { attacks: [{ name: "shadow", posteriors: [] }] },
      "attacks[0].posteriors: an empty sweep; give at least one value",
    ],
    [{ training: { epochs: [] } }, "training.epochs: an empty sweep; give at least one value"],
    // Wrong types
    [{ name: 2024 }, "name: 2024 is not a string; write it in quotes"],
    [{ seed: "1" }, 'seed: "1" is not a number; write it without quotes'],
    [{ seed: "one" }, 'seed: "one" is not a number; give one'],
    [{ seed: null }, "seed: null is not a number; give one"],
    [{ repeats: [1, 2] }, "repeats: [1,2] is not a number; give one"],
    [{ records: "600" }, 'records: "600" does not fit; write it without quotes'],
    [{ records: null }, "records: null does not fit; give a number or a list"],
    [{ records: [600, "x"] }, 'records[1]: "x" is not a number; give one'],
    [{ datasets: null }, "datasets: null is not a list; give one"],
    [{ training: "fast" }, 'training: "fast" is not an object (key: value); give one'],
    [{ training: { epochs: [[3]] } }, "training.epochs: [3] is not a number; give one"],
    [{ data: true }, 'data: unknown value true; use "real", "synthetic" or "real-or-synthetic"'],
    [
      { datasets: [{ name: "digits", data: "sythetic" }] },
      'datasets[0].data: unknown value "sythetic"; use "real", "synthetic" or "real-or-synthetic"',
    ],
    [
      { attacks: [{ name: "threshold", statistic: ["max", "median"] }] },
      'attacks[0].statistic: unknown value "median"; use "max", "entropy" or "std"',
    ],
    // Numbers that make no sense
    [{ seed: -1 }, "seed: -1 is too small; use at least 0"],
    [{ seed: 1e99 }, "seed: 1e+99 is too large; use at most 4294967295"],
    [{ seed: 1.5 }, "seed: 1.5 is not an integer; give one"],
    [{ seed: Number.NaN }, "seed: NaN is not a finite number; give one"],
    [{ repeats: 0 }, "repeats: 0 is too small; use at least 1"],
    [{ repeats: 1e6 }, "repeats: 1000000 is too large; use at most 1000"],
    [{ records: 5 }, "records: 5 is too small; use at least 10"],
    [{ records: [600, -600] }, "records[1]: -600 is too small; use at least 10"],
    [{ records: 1e12 }, "records: 1000000000000 is too large; use at most 10000000"],
    [{ records: 10.5 }, "records: 10.5 is not an integer; give one"],
    [{ training: { learningRate: 0 } }, "training.learningRate: 0 is too small; use more than 0"],
    [
      { training: { learningRate: Number.POSITIVE_INFINITY } },
      "training.learningRate: Infinity is not a finite number; give one",
    ],
    [{ attacks: [{ name: "shadow", shadows: 1e9 }] }, "attacks[0].shadows: 1000000000 is too large; use at most 256"],
    [{ defenses: [{ name: "dropout", input: 1 }] }, "defenses[0].input: 1 is too large; use less than 1"],
    // Names
    ...["../x", "a/b", "", ".hidden", "a b", "ä"].map((name): [Record<string, unknown>, string] => [
      { name },
      `name: "${name}" does not fit; use 1 to 64 letters, digits, dots, dashes or underscores, and begin with a letter or digit`,
    ]),
    [
      { name: "a".repeat(65) },
      `name: "${"a".repeat(57)}…" does not fit; use 1 to 64 letters, digits, dots, dashes or underscores, and begin with a letter or digit`,
    ],
    [{ description: "a".repeat(2001) }, `description: "${"a".repeat(57)}…" is too long; use at most 2000 characters`],
  ])("%j", (changes, complaint) => {
    expect(complaints(aSpec(changes))).toEqual([complaint]);
  });

  test("every problem at once, each once, however many combinations have it", () => {
    const content = aSpec({
      datasets: ["digtis", "places"],
      training: { epochs: [0, 5, -1], batch: [10, 20], momentum: 0.9 },
      attacks: [{ name: "shadow", shadows: 0, posteriors: [] }, "gpa"],
    });
    expect(complaints(content).sort()).toEqual([
      "attacks[0].posteriors: an empty sweep; give at least one value",
      "attacks[0].shadows: 0 is too small; use at least 1",
      'attacks[1]: unknown attack "gpa"; did you mean "gap"?',
      'datasets[0]: unknown dataset "digtis"; did you mean "digits"?',
      "training.epochs: -1 is too small; use at least 1",
      "training.epochs: 0 is too small; use at least 1",
      `training.momentum: unknown key "momentum"; ${trainingKeys}`,
    ]);
  });
});

describe("names that every object has are unknown like any other", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];

  test.each(names)("%s as a unit", (name) => {
    expect(complaints(aSpec({ attacks: [name] }))).toEqual([
      `attacks[0]: unknown attack "${name}"; known: gap, shadow, threshold`,
    ]);
    expect(complaints(aSpec({ attacks: [{ name }] }))).toHaveLength(1);
    expect(complaints(aSpec({ defenses: [name] }))).toHaveLength(1);
    expect(complaints(aSpec({ model: name }))).toHaveLength(1);
    expect(complaints(aSpec({ datasets: [name, { name: "places" }] }))).toHaveLength(1);
  });

  test.each(names)("%s as a key", (name) => {
    // Parsed, as in a file: an object literal would set the prototype instead.
    const withKey = (value: unknown) => JSON.parse(JSON.stringify(value).replace('"KEY"', JSON.stringify(name)));
    const unknown = `unknown key "${name}"`;
    expect(complaints(withKey(aSpec({ KEY: 1 })))).toEqual([`${name}: ${unknown}; ${topKeys}`]);
    expect(complaints(withKey(aSpec({ training: { KEY: { epochs: 3 } } })))).toEqual([
      `training.${name}: ${unknown}; ${trainingKeys}`,
    ]);
    expect(complaints(withKey(aSpec({ attacks: [{ name: "shadow", KEY: 1 }] })))).toEqual([
      `attacks[0].${name}: ${unknown}; known: shadows, posteriors`,
    ]);
    expect(complaints(withKey(aSpec({ model: { name: "mlp", KEY: 1 } })))).toEqual([
      `model.${name}: ${unknown}; known: hidden`,
    ]);
    expect(complaints(withKey(aSpec({ defenses: [{ name: "none", KEY: 1 }] })))).toEqual([
      `defenses[0].${name}: ${unknown}; remove it`,
    ]);
    expect(complaints(withKey(aSpec({ datasets: [{ name: "digits", KEY: 1 }] })))).toEqual([
      `datasets[0].${name}: ${unknown}; known: name, data`,
    ]);
  });
});

test("whatever a file holds, it is accepted or refused with one line a problem that ends in a remedy", () => {
  const keys = ["name", "seed", "records", "datasets", "model", "training", "attacks", "defenses", "other"];
  const value = fc.oneof(fc.jsonValue(), fc.double(), fc.constantFrom({ name: "shadow" }, ["gap"], "auto", [10, 20]));
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 3 }), (changes) => {
      for (const line of complaints(aSpec(changes))) expect(line).toMatch(/^[^ ].*: .+; .+$/);
    }),
  );
});

test.each<[(string | number)[], string]>([
  [[], "experiment"],
  [["attacks", 1, "name"], "attacks[1].name"],
  [["training", "a b"], 'training["a b"]'],
  [["", "x"], '[""].x'],
])("the path %j is written %s", (path, text) => {
  expect(formatPath(path)).toBe(text);
});

test("a file may name its JSON Schema, which is no part of the experiment", () => {
  const { spec } = parse({ $schema: "experiment.schema.json" });
  expect(spec).toEqual(parse().spec);
});
