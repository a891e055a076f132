import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parseExperiment } from "./experiment.ts";
import { experimentJsonSchema } from "./experiment-json-schema.ts";
import { tinyCatalog } from "./tiny-catalog.fixture.ts";

const schema = experimentJsonSchema(tinyCatalog);
const accepts = new Ajv2020({ allErrors: true }).compile(schema);

function parses(content: unknown): boolean {
  try {
    parseExperiment(content, tinyCatalog);
    return true;
  } catch {
    return false;
  }
}

/** An experiment that uses everything, but for the given fields. */
function aSpec(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: "demo",
    description: "digits and places, with and without dropout",
    seed: 1,
    repeats: 2,
    datasets: ["digits", { name: "places", data: "synthetic" }],
    data: "real-or-synthetic",
    records: [100, 200],
    model: ["auto", "mlp", { name: "mlp", hidden: [16, 32] }],
    training: { epochs: 30, batch: [50, 100], optimizer: "sgd" },
    attacks: ["gap", { name: "shadow", posteriors: 3 }, { name: "threshold", statistic: ["max", "std"] }],
    defenses: ["none", { name: "dropout", input: 0.5, hidden: [0.25, 0.75] }],
    ...changes,
  };
}

describe("the schema and the parser agree", () => {
  test.each<[string, unknown]>([
    ["everything", aSpec()],
    ["the least", { name: "least", datasets: ["digits"], attacks: ["gap"] }],
    ["single values", aSpec({ records: 100, model: { name: "mlp", hidden: 4 } })],
    ["auto", aSpec({ model: "auto" })],
  ])("that this is an experiment: %s", (_, content) => {
    expect(accepts(content), JSON.stringify(accepts.errors)).toBe(true);
    expect(parses(content)).toBe(true);
  });

  test.each<[string, unknown]>([
    ["no object", []],
    ["nothing in it", {}],
    ["an unknown key", aSpec({ attack: ["gap"] })],
    ["an unknown key of training", aSpec({ training: { epoch: 3 } })],
    ["an unknown key of a unit", aSpec({ attacks: [{ name: "shadow", posterior: 3 }] })],
    ["an unknown key of a dataset", aSpec({ datasets: [{ name: "digits", dta: "real" }] })],
    ["an unknown dataset", aSpec({ datasets: ["cifar10"] })],
    ["an unknown dataset as an object", aSpec({ datasets: [{ name: "cifar10" }] })],
    ["an unknown attack", aSpec({ attacks: ["lira"] })],
    ["an unknown attack as an object", aSpec({ attacks: [{ name: "lira" }] })],
    ["another unit's parameter", aSpec({ attacks: [{ name: "gap", posteriors: 3 }] })],
    ["a unit without name", aSpec({ defenses: [{ input: 0.5 }] })],
    ["auto with parameters", aSpec({ model: { name: "auto", hidden: 3 } })],
    ["auto as a defense", aSpec({ defenses: ["auto"] })],
    ["an empty sweep", aSpec({ attacks: [] })],
    ["an empty sweep of a parameter", aSpec({ training: { epochs: [] } })],
    ["an empty sweep of records", aSpec({ records: [] })],
    ["a number as text", aSpec({ training: { epochs: "3" } })],
    ["a fraction", aSpec({ records: 10.5 })],
    ["a number out of range", aSpec({ defenses: [{ name: "dropout", input: 1 }] })],
    ["a seed out of range", aSpec({ seed: -1 })],
    ["a name like a path", aSpec({ name: "../demo" })],
    ["an unknown value", aSpec({ attacks: [{ name: "threshold", statistic: "median" }] })],
    ["an unknown value in a sweep", aSpec({ attacks: [{ name: "threshold", statistic: ["max", "median"] }] })],
    ["an unknown data policy", aSpec({ data: "fake" })],
  ])("that this is none: %s", (_, content) => {
    expect(accepts(content)).toBe(false);
    expect(parses(content)).toBe(false);
  });
});

test("the schema tells an editor what each unit and parameter is", () => {
  const text = JSON.stringify(schema);
  expect(text).toContain('"description":"The shadow. Nobody 2024, §1"');
  expect(text).toContain('"description":"passes over the training records","default":50');
});
