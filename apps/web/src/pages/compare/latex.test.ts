import { expect, test } from "vitest";
import { latexTable } from "./latex.ts";

test("a table has booktabs' rules, and nothing that a name holds is a command", () => {
  const columns = [
    { header: "dataset", right: false },
    { header: "tpr@0.01", right: true },
  ];
  expect(latexTable(columns, [["a_b & \\input{x}", "0.100 ± 0.020"]])).toBe(
    `% needs \\usepackage{booktabs}
\\begin{tabular}{lr}
  \\toprule
  dataset & tpr@0.01 \\\\
  \\midrule
  a\\_b \\& \\textbackslash{}input\\{x\\} & 0.100 $\\pm$ 0.020 \\\\
  \\bottomrule
\\end{tabular}
`,
  );
});
