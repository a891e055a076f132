/** A column of a table for print. */
export interface LatexColumn {
  title: string;
  align?: "left" | "right";
}

const SPECIAL: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  '"': "\\textquotedbl{}",
  "±": "$\\pm$",
  "−": "$-$",
  "≤": "$\\leq$",
  "≥": "$\\geq$",
  "·": "$\\cdot$",
  ε: "$\\varepsilon$",
  δ: "$\\delta$",
};

/** A text as LaTeX prints it, whatever it holds. */
export function latexText(text: string): string {
  return text
    .replaceAll(/[\\~^<>|"±−≤≥·εδ]|[&%$#_{}]/gu, (character) => SPECIAL[character] ?? `\\${character}`)
    .replaceAll(/\s+/g, " ");
}

/** A table in the style of booktabs, to be put into a `table` environment. */
export function latexTable(columns: readonly LatexColumn[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `${cells.map(latexText).join(" & ")} \\\\`;
  return [
    `\\begin{tabular}{${columns.map(({ align }) => (align === "right" ? "r" : "l")).join("")}}`,
    "\\toprule",
    line(columns.map(({ title }) => title)),
    "\\midrule",
    ...rows.map(line),
    "\\bottomrule",
    "\\end{tabular}",
  ].join("\n");
}
