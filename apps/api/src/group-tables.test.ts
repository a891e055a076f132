import { expect, test } from "vitest";
import { csvOfGroups, type Groups, latexOfGroups } from "./group-tables.ts";

const summary = { n: 2, low: 0.4, high: 0.7, min: 0.5, max: 0.6, chance: 0.5, intervalOf: "repeats" as const };
const groups: Groups = [
  {
    by: { dataset: "mnist", attack: "gap", "attack.points": null },
    ...{ n: 2, mixed: false, synthetic: 0, noSignal: 0, example: "a" },
    metrics: { auc: { ...summary, mean: 0.5512, sd: 0.0123 } },
  },
  {
    by: { dataset: "mnist", attack: '=a_b,"&', "attack.points": 50 },
    ...{ n: 1, mixed: false, synthetic: 1, noSignal: 0, example: "b" },
    metrics: { auc: { ...summary, n: 1, mean: -0.5, sd: null, low: null, high: null } },
  },
];

test("CSV: a line a group, and no formula", () => {
  expect(csvOfGroups(groups, ["auc"])).toBe(
    [
      "dataset,attack,attack.points,n,mixed,synthetic,auc mean,auc sd,auc low,auc high,auc n",
      "mnist,gap,,2,false,0,0.5512,0.0123,0.4,0.7,2",
      `mnist,"'=a_b,""&",50,1,false,1,-0.5,,,,1`,
      "",
    ].join("\n"),
  );
});

test("LaTeX: what groups have in common above, what is synthetic marked, and no command of theirs", () => {
  expect(latexOfGroups(groups, ["auc"])).toBe(
    [
      "% needs \\usepackage{booktabs}; mean ± standard deviation over n results",
      "% dataset: mnist",
      "% * with results on synthetic data",
      "\\begin{tabular}{llrr}",
      "\\toprule",
      "attack & attack.points & n & auc \\\\",
      "\\midrule",
      "gap &  & 2 & 0.551 $\\pm$ 0.012 \\\\",
      "=a\\_b,\\textquotedbl{}\\& & 50 & 1* & $-$0.500 \\\\",
      "\\bottomrule",
      "\\end{tabular}",
      "",
    ].join("\n"),
  );
  expect(latexOfGroups([], ["auc"])).toContain("\\begin{tabular}{rr}");
});
