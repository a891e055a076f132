import { latexTable, latexText } from "@shadowfarm/core/latex";
import { compareWithPaper } from "@shadowfarm/core/paper";
import { trainingSchema } from "@shadowfarm/core/training";
import type { ExperimentRow } from "@shadowfarm/store/experiments";
import type { ResultRow } from "@shadowfarm/store/results";
import { escaped } from "@shadowfarm/web/plots/markup";
import { plotStyle } from "@shadowfarm/web/plots/theme";
import { paperTable } from "./paper-table.ts";
import { frontierParts, leakParts, type Part, paperFigures, picturesOf, type ScoredAttack } from "./report-pictures.ts";
import { savedBy } from "./savings-text.ts";
import { renderOrigins, resultTable, type TableContent } from "./tables.ts";

function partsOf(experiment: ExperimentRow, results: readonly ResultRow[], pictures: readonly Part[] = []): Part[] {
  const { spec } = experiment;
  const saved = savedBy(experiment, results);
  const paper = compareWithPaper(spec.paper ?? [], results);
  return [
    { heading: "Data", text: renderOrigins(results) },
    ...(saved === null ? [] : [{ heading: "Rounds", text: saved }]),
    ...leakParts(inFull(spec, results)),
    ...frontierParts(inFull(spec, results)),
    ...(paper.length > 0
      ? [{ heading: "Beside the paper", table: paperTable(paper), figures: paperFigures(paper, results) }]
      : []),
    { heading: "Results", text: "Mean ± standard deviation over n repeats.", table: resultTable(results) },
    ...pictures,
  ];
}

/** Without the shortened trainings of a search, which are no results to compare. */
function inFull({ search, training }: ExperimentRow["spec"], results: readonly ResultRow[]): readonly ResultRow[] {
  if (!search) return results;
  const lengths = [training.epochs ?? trainingSchema.parse({}).epochs].flat();
  return results.filter((result) => lengths.includes(result.training.epochs));
}

/** The report as Markdown, its tables once more for LaTeX. */
export function markdownReport(experiment: ExperimentRow, results: readonly ResultRow[]): string {
  const parts = partsOf(experiment, results)
    .filter(({ text, table }) => text || table)
    .map(({ heading, text, table }) =>
      [`## ${heading}`, text?.replaceAll("\n", "\n\n"), table && markdownTable(table)].filter(Boolean).join("\n\n"),
    );
  const latex = partsOf(experiment, results).flatMap(({ heading, table }) =>
    table ? [`% ${latexText(heading)}\n${latexTable(table.columns, table.rows)}`] : [],
  );
  const appendix = `## Tables for LaTeX\n\nThey need \`\\usepackage{booktabs}\`.\n\n\`\`\`latex\n${latex.join("\n\n")}\n\`\`\``;
  return `${[`# ${experiment.name}`, experiment.spec.description, ...parts, appendix].filter(Boolean).join("\n\n")}\n`;
}

/** The report as a page that needs nothing besides itself. */
export function htmlReport(
  experiment: ExperimentRow,
  results: readonly ResultRow[],
  scored: readonly ScoredAttack[] = [],
): string {
  const { name, spec } = experiment;
  const pictures = picturesOf(results, scored);
  const parts = partsOf(experiment, results, pictures).map(({ heading, text, table, figures = [] }) =>
    [
      `<h2>${escaped(heading)}</h2>`,
      ...(text?.split("\n").map((line) => `<p>${escaped(line)}</p>`) ?? []),
      `<section>${figures.map(({ caption, svg }) => `<figure>${svg}<figcaption>${escaped(caption)}</figcaption></figure>`).join("\n")}</section>`,
      table ? htmlTable(table) : "",
    ].join("\n"),
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(name)}</title>
<style>
:root { color-scheme: light dark; }
${plotStyle}
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; }
div { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .25rem .75rem; text-align: left; white-space: nowrap; }
.right { text-align: right; }
section { display: flex; flex-wrap: wrap; gap: 1rem 2rem; }
section + div { margin-top: 1rem; }
figure { margin: 0; max-width: 100%; overflow-x: auto; }
/* Shrunk to a phone, letters would be lost: rather the picture is pushed aside. */
figure svg { max-width: max(100%, 32rem); height: auto; }
figcaption { font-size: .9em; max-width: 44ch; }
</style>
<h1>${escaped(name)}</h1>
<p>${escaped(spec.description ?? "")}</p>
${parts.join("\n")}
</html>
`;
}

function markdownTable({ columns, rows }: TableContent): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === "right" ? "---:" : "---"))),
    ...rows.map(line),
  ].join("\n");
}

function htmlTable({ columns, rows }: TableContent): string {
  const cells = (tag: string, texts: readonly string[]) =>
    texts
      .map((text, at) => `<${tag}${columns[at]?.align === "right" ? ' class="right"' : ""}>${escaped(text)}</${tag}>`)
      .join("");
  const head = cells(
    "th",
    columns.map(({ title }) => title),
  );
  return `<div><table><thead><tr>${head}</tr></thead><tbody>
${rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("\n")}
</tbody></table></div>`;
}
