import { z } from "zod";
import type { Catalog, UnitInfo } from "./catalog.ts";
import { FarmError } from "./errors.ts";
import { isComplete, paperSchema } from "./paper.ts";
import { precisionSchema, searchSchema } from "./rounds-schema.ts";
import { type SplitScheme, splitSchemes } from "./split.ts";
import { suggestion } from "./suggestion.ts";
import { trainingSchema } from "./training.ts";
import { type Problem, problemsOf, show } from "./validation.ts";

/** Names reach logs, tables and file names of reports, so they are kept to letters, digits, dots, dashes and underscores. */
const nameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    "use 1 to 64 letters, digits, dots, dashes or underscores, and begin with a letter or digit",
  );

export const dataPolicies = ["real", "synthetic", "real-or-synthetic"] as const;
/** Whether a dataset's real files are required, its labelled stand-in is asked for, or the stand-in may fill in. */
export type DataPolicy = (typeof dataPolicies)[number];

export const attackers = ["aware", "unaware"] as const;
/** Whether the attacker trains its own models under the target's defense, or does not know of it. */
export type Attacker = (typeof attackers)[number];

const datasetSchema = z.looseObject({ name: z.string(), data: z.enum(dataPolicies).optional() });
const unitSchema = z.union([z.string(), z.looseObject({ name: z.string() })]);
const oneOrMore = <T extends z.ZodType>(item: T) =>
  z.union([item, z.array(item).min(1, "an empty sweep; give at least one value")]);
const listOf = <T extends z.ZodType>(item: T, what: string) =>
  z.array(item).min(1, `an empty sweep; name at least one ${what}`);

/** The experiment file. Unit and training parameters are checked, and their sweeps expanded, by `parseExperiment`. */
export const experimentSchema = z.strictObject({
  name: nameSchema.describe("how the experiment is called in tables and commands"),
  source: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe("the paper that it reruns: authors and year, then a comma and the title"),
  description: z.string().max(2000).optional(),
  seed: z.int().min(0).max(0xffff_ffff).default(1).describe("root of all randomness"),
  repeats: z.int().min(1).max(1000).default(1).describe("independent repeats: other splits, other initial weights"),
  datasets: listOf(z.union([z.string(), datasetSchema]), "dataset"),
  data: z
    .enum(dataPolicies)
    .default("real")
    .describe("whether stand-ins may be used; a dataset's own `data` overrides it"),
  records: oneOrMore(z.int().min(10).max(10_000_000))
    .optional()
    .describe("members of a model, and as many non-members; as many as fit when absent"),
  split: oneOrMore(z.enum(splitSchemes))
    .default("quarters")
    .describe(
      "quarters: one pool of two quarters for all shadows; pools: all other records; halves: records are shared",
    ),
  model: oneOrMore(unitSchema).default("auto").describe("auto: cnn for images, mlp otherwise"),
  training: z.record(z.string(), z.unknown()).default({}),
  attacks: listOf(unitSchema, "attack"),
  defenses: listOf(unitSchema, "defense").default(["none"]),
  attacker: oneOrMore(z.enum(attackers))
    .default("aware")
    .describe("aware: the attacker's own models are defended as the target is; unaware: they are not"),
  precision: precisionSchema
    .optional()
    .describe("adds repeats to a combination until a metric's mean is known well enough"),
  search: searchSchema.optional().describe("spends a part of the full sweep where it pays, instead of all of it"),
  paper: z.array(paperSchema).max(1000).default([]).describe("published numbers, shown beside the results"),
});

/** An experiment file as written, with top-level defaults filled in. */
export type ExperimentSpec = z.infer<typeof experimentSchema>;

/** Thrown for an experiment file that cannot be accepted; `problems` say where, what and how to mend it. */
export class InvalidExperiment extends FarmError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super("invalid-experiment", problems.map(({ path, message }) => `${formatPath(path)}: ${message}`).join("\n"));
    this.problems = problems;
  }
}

/** `["attacks", 1, "name"]` → `attacks[1].name`; a key that is not a plain word is quoted. */
export function formatPath(path: readonly PropertyKey[]): string {
  const text = path
    .map((step) => (typeof step === "string" && /^[\w$-]+$/.test(step) ? `.${step}` : `[${show(step)}]`))
    .join("");
  return text.replace(/^\./, "") || "experiment";
}

/** A unit after its sweep was expanded: all parameters present. */
export interface UnitChoice {
  name: string;
  params: Record<string, unknown>;
  /** Where the experiment file names it. */
  path: readonly PropertyKey[];
}

/** An experiment with every sweep expanded into a list and every name known to the catalogue. */
export interface Experiment {
  spec: ExperimentSpec;
  /** Each with the combinations of its parameters. */
  datasets: { name: string; data: DataPolicy; params: Record<string, unknown>[] }[];
  records: (number | null)[];
  splits: SplitScheme[];
  models: (UnitChoice | "auto")[];
  trainings: z.infer<typeof trainingSchema>[];
  attacks: UnitChoice[];
  defenses: UnitChoice[];
  attackers: Attacker[];
  repeats: number;
}

/**
 * Checks an experiment file's content and expands its sweeps.
 *
 * @throws {InvalidExperiment} listing every problem found, not only the first.
 */
export function parseExperiment(file: unknown, catalog: Catalog): Experiment {
  const content = withoutSchemaReference(file);
  const parsed = experimentSchema.safeParse(content);
  if (!parsed.success) throw new InvalidExperiment(problemsOf(parsed.error, content, keysAt));
  const spec = parsed.data;
  // What the schema leaves open is taken as it was written: zod drops a key "__proto__" there without a word.
  const written = content as ExperimentSpec;
  const problems: Problem[] = [];

  const datasets = written.datasets.map((entry, index) => {
    const path = ["datasets", index];
    if (typeof entry === "string") {
      const [choice] = expandUnit("dataset", entry, catalog.datasets, path, problems);
      return { name: entry, data: spec.data, params: choice ? [choice.params] : [] };
    }
    const { data, ...unit } = entry;
    const choices = expandUnit("dataset", unit, catalog.datasets, path, problems, [], ["name", "data"]);
    return { name: entry.name, data: data ?? spec.data, params: choices.map(({ params }) => params) };
  });
  datasets.forEach(({ name }, index) => {
    if (datasets.findIndex((other) => other.name === name) < index) {
      problems.push({ path: ["datasets", index], message: `"${name}" is named twice; remove one` });
    }
  });

  const model = written.model ?? spec.model;
  const models = asList<z.infer<typeof unitSchema>>(model).flatMap((entry, index): Experiment["models"] => {
    const path = Array.isArray(model) ? ["model", index] : ["model"];
    if (entry === "auto") return ["auto"];
    if (typeof entry === "object" && entry.name === "auto") {
      problems.push({ path, message: `${show(entry)} does not fit; write auto alone, or name the model` });
      return [];
    }
    return expandUnit("model", entry, catalog.models, path, problems, ["auto"]);
  });
  const attacks = written.attacks.flatMap((entry, index) =>
    expandUnit("attack", entry, catalog.attacks, ["attacks", index], problems),
  );
  const defenses = (written.defenses ?? spec.defenses).flatMap((entry, index) =>
    expandUnit("defense", entry, catalog.defenses, ["defenses", index], problems),
  );
  const trainings = expandSweeps(
    written.training ?? spec.training,
    trainingSchema,
    ["training"],
    problems,
  ) as Experiment["trainings"];

  spec.paper.forEach((numbers, index) => {
    if (isComplete(numbers)) return;
    const message = "several values need `by`, and `at` with as many entries; a single one needs neither";
    problems.push({ path: ["paper", index], message });
  });

  if (problems.length > 0) throw new InvalidExperiment(problems);
  return {
    spec,
    datasets,
    records: [...asList<number | null>(spec.records ?? null)],
    splits: [...asList<SplitScheme>(spec.split)],
    models,
    trainings,
    attacks,
    defenses,
    attackers: [...new Set(asList<Attacker>(spec.attacker))],
    repeats: spec.repeats,
  };
}

function asList<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}

function keysAt(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(experimentSchema.shape);
  if (path[0] === "paper" && path.length === 2) return Object.keys(paperSchema.shape);
  return path[0] === "datasets" ? Object.keys(datasetSchema.shape) : [];
}

function unknownName(kind: string, name: string, known: readonly string[]): string {
  return `unknown ${kind} ${show(name)}; ${suggestion(name, known)}`;
}

function expandUnit(
  kind: string,
  entry: z.infer<typeof unitSchema>,
  known: Readonly<Record<string, UnitInfo>>,
  path: PropertyKey[],
  problems: Problem[],
  others: readonly string[] = [],
  otherKeys: readonly string[] = [],
): UnitChoice[] {
  const { name, ...given } = typeof entry === "string" ? { name: entry } : entry;
  if (!Object.hasOwn(known, name)) {
    problems.push({
      path: typeof entry === "string" ? path : [...path, "name"],
      message: unknownName(kind, name, [...others, ...Object.keys(known)]),
    });
    return [];
  }
  const { params } = known[name] as UnitInfo;
  return expandSweeps(given, params, path, problems, otherKeys).map((chosen) => ({ name, params: chosen, path }));
}

/** Editors write into a JSON file which schema it follows; that is no part of the experiment. */
function withoutSchemaReference(file: unknown): unknown {
  if (typeof file !== "object" || file === null || !("$schema" in file) || typeof file.$schema !== "string")
    return file;
  const { $schema: _, ...content } = file;
  return content;
}

/** The product of all list-valued members, the last one varying fastest, each combination checked by the schema. */
function expandSweeps(
  given: Readonly<Record<string, unknown>>,
  schema: z.ZodObject,
  path: PropertyKey[],
  problems: Problem[],
  otherKeys: readonly string[] = [],
): Record<string, unknown>[] {
  let combinations: Record<string, unknown>[] = [{}];
  for (const [key, value] of Object.entries(given)) {
    const choices = Array.isArray(value) ? value : [value];
    if (choices.length === 0) {
      problems.push({ path: [...path, key], message: "an empty sweep; give at least one value" });
      continue;
    }
    if (combinations.length * choices.length > MAX_COMBINATIONS) {
      problems.push({
        path,
        message: `the sweep has more than ${MAX_COMBINATIONS} combinations; split the experiment`,
      });
      return [];
    }
    combinations = combinations.flatMap((rest) => choices.map((choice) => ({ ...rest, [key]: choice })));
  }
  const seen = new Map<string, Problem>();
  const checked = combinations.flatMap((combination) => {
    const parsed = schema.safeParse(combination);
    if (parsed.success) return [parsed.data];
    for (const problem of problemsOf(parsed.error, combination, () => [...otherKeys, ...Object.keys(schema.shape)])) {
      const placed = { path: [...path, ...problem.path], message: problem.message };
      seen.set(`${formatPath(placed.path)}: ${placed.message}`, placed);
    }
    return [];
  });
  problems.push(...seen.values());
  return checked;
}

const MAX_COMBINATIONS = 100_000;
