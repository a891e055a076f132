import type { Metrics } from "@shadowfarm/core/metrics";
import type { ImportedAnswers } from "@shadowfarm/ml/imported-answers";
import type { AttackSpec } from "./attack-spec.ts";
import { renderTable } from "./tables.ts";

/** What an attack on imported answers came to. */
export interface Attacked {
  spec: AttackSpec;
  params: Record<string, unknown>;
  scores: Float64Array; // records
  metrics: Metrics;
}

/** An attack that does not apply to the answers, and why. */
export interface Refused {
  attack: string;
  reason: string;
}

/** A line an attack, for people. */
export function attackTable(attacked: readonly Attacked[]): string {
  const numbers = [
    ...["AUC", "95% interval", "bal. acc", "best bal. acc", "adv.", "prec. macro", "rec. macro"],
    ...["TPR@10%", "TPR@1%", "TPR@0.1%"],
  ];
  const columns = [
    { title: "attack" },
    ...numbers.map((title) => ({ title, align: "right" as const })),
    { title: "threshold by" },
  ];
  const rows = attacked.map(({ spec, metrics }) => {
    const { auc, balancedAccuracy, bestBalancedAccuracy, advantage, precisionMacro, recallMacro, tprAtFpr } = metrics;
    return [
      spec.text,
      // All records have one score: its AUC of ½ is no measurement of leakage.
      digits(auc) + (metrics.noSignal ? " (no signal)" : ""),
      metrics.intervals.auc.map(digits).join(" – "),
      ...[balancedAccuracy, bestBalancedAccuracy, advantage, precisionMacro, recallMacro].map(digits),
      ...[tprAtFpr["0.1"], tprAtFpr["0.01"], tprAtFpr["0.001"]].map((tpr) => (tpr === null ? "n/a" : digits(tpr))),
      metrics.threshold.by,
    ];
  });
  return renderTable(columns, rows);
}

/** What the table is about, in a line. */
export function describeAnswers(answers: ImportedAnswers): string {
  const { members, nonMembers, records, classes, models } = sizesOf(answers);
  const target = models > 1 ? ` (target: ${answers.targetModel})` : "";
  const outside = answers.population?.target.labels.length;
  return [
    `${records} records (${members} members, ${nonMembers} non-members), ${classes} classes`,
    `${models} ${models === 1 ? "model" : "models"}${target}`,
    ...(outside === undefined ? [] : [`${outside} population records`]),
    `smallest resolvable FPR ${Number((1 / nonMembers).toPrecision(3))}`,
  ].join(", ");
}

/** The same for programs. */
export function attackedJson(
  attacked: readonly Attacked[],
  notApplicable: readonly Refused[],
  answers: ImportedAnswers,
) {
  const { records, classes, models } = sizesOf(answers);
  const attacks = attacked.map(({ spec, params, metrics }) => ({ attack: spec.attack.name, params, metrics }));
  return { attacks, notApplicable, records, classes, models };
}

/** A line a record, with its score by each attack. */
export function scoresCsv(attacked: readonly Attacked[], { target, isMember }: ImportedAnswers): string {
  const titles = ["record", "label", "member", ...attacked.map(({ spec }) => quoted(spec.text))];
  const lines = Array.from(isMember, (member, record) =>
    [record, target.labels[record], member, ...attacked.map(({ scores }) => scores[record])].join(","),
  );
  return `${[titles.join(","), ...lines].join("\n")}\n`;
}

function sizesOf({ target, others, isMember }: ImportedAnswers) {
  const records = isMember.length;
  const members = isMember.reduce((sum, flag) => sum + flag, 0);
  return { records, members, nonMembers: records - members, classes: target.classes, models: others.length + 1 };
}

function digits(value: number): string {
  return value.toFixed(3);
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
