import { expect, test } from "vitest";
import { latexTable, latexText } from "./latex.ts";

test("a text stays a text, whatever it holds", () => {
  expect(latexText("a_b & 5 % of {x} #1 $y$ \\input{/etc/passwd} ~^")).toBe(
    "a\\_b \\& 5 \\% of \\{x\\} \\#1 \\$y\\$ \\textbackslash{}input\\{/etc/passwd\\} \\textasciitilde{}\\textasciicircum{}",
  );
  expect(latexText("0.58 ± 0.01\n−0.02")).toBe("0.58 $\\pm$ 0.01 $-$0.02");
});

test("a table", () => {
  expect(latexTable([{ title: "attack" }, { title: "AUC", align: "right" }], [["gap", "0.58"]])).toBe(
    [
      ...[
        "\\begin{tabular}{lr}",
        "\\toprule",
        "attack & AUC \\\\",
        "\\midrule",
        "gap & 0.58 \\\\",
        "\\bottomrule",
        "\\end{tabular}",
      ],
    ].join("\n"),
  );
});
