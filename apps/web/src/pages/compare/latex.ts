/** A table for a paper, with the rules of booktabs. */
export function latexTable(
  columns: readonly { header: string; right: boolean }[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `  ${cells.map(latexText).join(" & ")} \\\\`;
  return [
    "% needs \\usepackage{booktabs}",
    `\\begin{tabular}{${columns.map(({ right }) => (right ? "r" : "l")).join("")}}`,
    "  \\toprule",
    line(columns.map(({ header }) => header)),
    "  \\midrule",
    ...rows.map(line),
    "  \\bottomrule",
    "\\end{tabular}",
    "",
  ].join("\n");
}

const commands: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "±": "$\\pm$",
  "–": "--",
};

/** Text as LaTeX prints it, whatever it is. */
function latexText(text: string): string {
  return text.replaceAll(/[\\~^±–]|[&%$#_{}]/g, (sign) => commands[sign] ?? `\\${sign}`);
}
