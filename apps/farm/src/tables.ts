import type { UnitInfo } from "@shadowfarm/core/catalog";
import { canonicalJson } from "@shadowfarm/core/fingerprint";
import { type Summary, summarize } from "@shadowfarm/core/summary";
import { trainingSchema } from "@shadowfarm/core/training";
import { catalog } from "@shadowfarm/ml/catalog";
import type { ResultRow } from "@shadowfarm/store/results";
import Table from "cli-table3";
import type { z } from "zod";

const PLAIN = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

export interface Column {
  title: string;
  align?: "left" | "right";
}

/** What a table shows, before it is laid out for a terminal or a page. */
export interface TableContent {
  columns: readonly Column[];
  rows: readonly (readonly string[])[];
}

/** Columns separated by space, for people; `--json` is for programs. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align }) => align ?? "left"),
    chars: PLAIN,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0, compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .join("\n");
}

/** The cells of the repeats of one combination, together. */
export interface Group {
  first: ResultRow;
  rows: ResultRow[];
}

/** The result table for a terminal. */
export function renderResults(results: readonly ResultRow[]): string {
  const { columns, rows } = resultTable(results);
  return renderTable(columns, rows);
}

/** The repeats of each combination together, in the order in which they come up. */
export function groupsOf(results: readonly ResultRow[]): Group[] {
  const groups = new Map<string, Group>();
  for (const row of results) {
    // What is left names the combination.
    const { repeat, jobKey, metrics, engine, machine, version, computeSeconds, ...combination } = row;
    const key = canonicalJson(combination);
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { first: row, rows: [row] });
  }
  return [...groups.values()];
}

/** What is attacked: `location mlp · none`. */
export function targetName({ dataset, datasetParams, model, modelParams, defense, defenseParams }: ResultRow): string {
  const data = nameOf(catalog.datasets[dataset], dataset, datasetParams);
  const network = nameOf(catalog.models[model], model, modelParams);
  return `${data} ${network} · ${nameOf(catalog.defenses[defense], defense, defenseParams)}`;
}

/** The same with what attacks it: `location mlp · none · boundary(norm=l1)`. */
export function combinationName(row: ResultRow): string {
  return `${targetName(row)} · ${nameOf(catalog.attacks[row.attack], row.attack, row.attackParams)}`;
}

/** Shown where results differ in them, for nothing else would tell those apart. */
const settingColumns: (Column & { of: (row: ResultRow) => string })[] = [
  { title: "split", of: ({ split }) => split },
  { title: "attacker", of: ({ attacker }) => attacker },
  { title: "records", align: "right", of: ({ records }) => String(records) },
  { title: "training", of: ({ training }) => changes(trainingSchema.parse({}), training) || "default" },
];

/** What each of several settings is, but for its defense: `location mlp, real`, and whatever else tells it from the others. */
export function settingNames(firsts: readonly ResultRow[]): string[] {
  const names = firsts.map(({ dataset, datasetParams, model, modelParams, data }) => {
    const shown = nameOf(catalog.datasets[dataset], dataset, datasetParams);
    return `${shown} ${nameOf(catalog.models[model], model, modelParams)}, ${data === "real" ? "real" : "SYNTHETIC"} data`;
  });
  const distinctions = settingColumns.filter(({ of }) => new Set(firsts.map(of)).size > 1);
  const full = firsts.map((first, at) =>
    [names[at], ...distinctions.map(({ title, of }) => `${title} ${of(first)}`)].join(", "),
  );
  // The files that one dataset was read from may be others.
  return full.map((name, at) =>
    full.filter((other) => other === name).length > 1 ? `${name}, ${firsts[at]?.origin}` : name,
  );
}

/** The result table: a row for each combination, mean ± sd over its repeats. */
export function resultTable(results: readonly ResultRow[]): TableContent {
  const distinctions = [
    { title: "experiment", of: ({ experiment, experimentId }: ResultRow) => `${experiment} (${experimentId})` },
    ...settingColumns,
  ].filter(({ of }) => new Set(results.map(of)).size > 1);
  const right = "right" as const;
  const columns = [
    { title: "dataset" },
    { title: "data" },
    { title: "model" },
    { title: "defense" },
    { title: "attack" },
    ...distinctions,
    { title: "n", align: right },
    { title: "train acc", align: right },
    { title: "test acc", align: right },
    { title: "AUC", align: right },
    { title: "bal. acc", align: right },
    { title: "prec. macro", align: right },
    { title: "rec. macro", align: right },
    { title: "TPR@1%", align: right },
  ];
  const lines = groupsOf(results).map(({ first, rows }) => {
    const over = (pick: (metrics: ResultRow["metrics"]) => number | null) =>
      meanAndSd(summarize(rows.map((row) => pick(row.metrics))));
    const dead = rows.filter(({ metrics }) => metrics.noSignal).length;
    return [
      nameOf(catalog.datasets[first.dataset], first.dataset, first.datasetParams),
      first.data,
      nameOf(catalog.models[first.model], first.model, first.modelParams),
      nameOf(catalog.defenses[first.defense], first.defense, first.defenseParams),
      nameOf(catalog.attacks[first.attack], first.attack, first.attackParams),
      ...distinctions.map(({ of }) => of(first)),
      String(rows.length),
      over((metrics) => metrics.trainAccuracy),
      over((metrics) => metrics.testAccuracy),
      over((metrics) => metrics.auc) + noSignal(dead, rows.length),
      over((metrics) => metrics.balancedAccuracy),
      over((metrics) => metrics.precisionMacro),
      over((metrics) => metrics.recallMacro),
      over((metrics) => metrics.tprAtFpr["0.01"]),
    ];
  });
  return { columns, rows: lines };
}

/** What the data are, a line a dataset, so that no number is taken for one on real data that is not. */
export function renderOrigins(results: readonly ResultRow[]): string {
  const origins = new Map(results.map((row) => [`${row.dataset}/${row.origin}/${row.records}`, row]));
  return [...origins.values()]
    .map(
      ({ dataset, data, origin, records }) =>
        `${dataset}: ${data.toUpperCase()} data (${origin}), ${records} members and as many non-members`,
    )
    .join("\n");
}

/** A unit with the parameters that differ from their defaults: `shadow(batch=50)`. */
export function nameOf(unit: UnitInfo | undefined, name: string, params: Record<string, unknown>): string {
  const changed = changes(unit ? defaultsOf(unit) : {}, params);
  return changed === "" ? name : `${name}(${changed})`;
}

/** One by one, since a unit may have parameters without a default. */
function defaultsOf({ params }: UnitInfo): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries<z.ZodType>(params.shape).map(([name, schema]) => [name, schema.safeParse(undefined).data]),
  );
}

function changes(defaults: Readonly<Record<string, unknown>>, params: Readonly<Record<string, unknown>>): string {
  return Object.entries(params)
    .filter(([key, value]) => value !== defaults[key])
    .map(([key, value]) => `${key}=${typeof value === "object" ? memberName(value) : value}`)
    .join(", ");
}

/** A unit that is a parameter of another one. */
function memberName(value: unknown): string {
  const { name, ...params } = value as { name: string } & Record<string, unknown>;
  return nameOf(catalog.defenses[name], name, params);
}

/** All records of such a repeat have one score: its AUC of ½ is no measurement of leakage, but an attack that died. */
function noSignal(dead: number, repeats: number): string {
  if (dead === 0) return "";
  return repeats === 1 ? " (no signal)" : ` (${dead} of ${repeats} no signal)`;
}

export function meanAndSd({ mean, sd }: Summary): string {
  if (mean === null) return "n/a";
  return sd === null ? mean.toFixed(3) : `${mean.toFixed(3)} ± ${sd.toFixed(3)}`;
}
