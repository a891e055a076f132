import type { Metrics } from "@shadowfarm/core/metrics";
import type { ImportedAnswers } from "@shadowfarm/ml/imported-answers";
import { expect, test } from "vitest";
import { type Attacked, attackedJson, attackTable, describeAnswers, scoresCsv } from "./attack-output.ts";
import { parseAttack } from "./attack-spec.ts";

function anAttacked(text: string, metrics: Partial<Metrics> = {}): Attacked {
  return {
    spec: parseAttack(text),
    params: { complete: true },
    scores: Float64Array.of(0.1 + 0.2, -1),
    metrics: {
      auc: 0.93126,
      balancedAccuracy: 0.861,
      bestBalancedAccuracy: 0.862,
      advantage: 0.722,
      precisionMacro: 0.87,
      recallMacro: 0.861,
      tprAtFpr: { "0.1": 0.8, "0.01": 0.1138, "0.001": null },
      noSignal: false,
      threshold: { by: "fixed", value: 0 },
      intervals: { auc: [0.91, 0.95] },
      ...metrics,
    } as Metrics,
  };
}

function someAnswers(changes: Partial<ImportedAnswers> = {}): ImportedAnswers {
  const labels = Int32Array.of(1, 0);
  const target = { classes: 2, views: 1, posteriors: Float64Array.of(0, 1, 1, 0), labels };
  const isMember = Uint8Array.of(1, 0);
  return { target, isMember, targetModel: 0, others: [], population: null, ...changes };
}

test("a line an attack; what the sample cannot resolve is not a number", () => {
  const table = attackTable([
    anAttacked("lira:center=median"),
    anAttacked("gap", { auc: 0.5, noSignal: true, threshold: { by: "oracle", value: 1 } }),
  ]);
  expect(table.split("\n").map((line) => line.trim().split(/ {2,}/))).toEqual([
    [
      ...["attack", "AUC", "95% interval", "bal. acc", "best bal. acc", "adv.", "prec. macro", "rec. macro"],
      ...["TPR@10%", "TPR@1%", "TPR@0.1%", "threshold by"],
    ],
    [
      ...["lira:center=median", "0.931", "0.910 – 0.950", "0.861", "0.862", "0.722", "0.870", "0.861"],
      ...["0.800", "0.114", "n/a", "fixed"],
    ],
    [
      ...["gap", "0.500 (no signal)", "0.910 – 0.950", "0.861", "0.862", "0.722", "0.870", "0.861"],
      ...["0.800", "0.114", "n/a", "oracle"],
    ],
  ]);
});

test("what was attacked, in a line", () => {
  expect(describeAnswers(someAnswers())).toBe(
    "2 records (1 members, 1 non-members), 2 classes, 1 model, smallest resolvable FPR 1",
  );
  const { target, isMember } = someAnswers();
  const others = [{ ...target, isMember }];
  expect(describeAnswers(someAnswers({ others, targetModel: 1, population: { target, references: others } }))).toBe(
    "2 records (1 members, 1 non-members), 2 classes, 2 models (target: 1), 2 population records, smallest resolvable FPR 1",
  );
});

test("JSON names attacks and parameters apart", () => {
  const attacked = anAttacked("lira:center=median");
  const refused = [{ attack: "rmia", reason: "why" }];
  expect(attackedJson([attacked], refused, someAnswers())).toEqual({
    attacks: [{ attack: "lira", params: { complete: true }, metrics: attacked.metrics }],
    notApplicable: refused,
    ...{ records: 2, classes: 2, models: 1 },
  });
});

test("scores in full, a line a record", () => {
  expect(scoresCsv([anAttacked("gap"), anAttacked("lira:variant=offline,spread=raw")], someAnswers())).toBe(
    'record,label,member,gap,"lira:variant=offline,spread=raw"\n0,1,1,0.30000000000000004,0.30000000000000004\n1,0,0,-1,-1\n',
  );
});
