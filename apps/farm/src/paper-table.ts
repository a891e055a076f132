import { type PaperComparison, provenanceNames, subjectOf } from "@shadowfarm/core/paper";
import { meanAndSd, renderTable, type TableContent } from "./tables.ts";

/** Published numbers beside ours, figure by figure. */
export function paperTable(comparisons: readonly PaperComparison[]): TableContent {
  const right = "right" as const;
  return {
    columns: [
      { title: "figure" },
      { title: "source" },
      { title: "of" },
      { title: "metric" },
      { title: "paper", align: right },
      { title: "ours", align: right },
      { title: "n", align: right },
      { title: "difference", align: right },
      { title: "" },
    ],
    rows: comparisons.map(({ figure, from, where, metric, value, within, ours }) => [
      figure,
      provenanceNames[from],
      subjectOf(where),
      metric,
      value.toFixed(3),
      meanAndSd(ours),
      String(ours.n),
      ours.mean === null ? "n/a" : signed(ours.mean - value),
      within === undefined || ours.mean === null ? "" : verdict(ours.mean - value, within),
    ]),
  };
}

/** The same for a terminal. */
export function renderPaper(comparisons: readonly PaperComparison[]): string {
  const { columns, rows } = paperTable(comparisons);
  return renderTable(columns, rows);
}

function signed(difference: number): string {
  return `${difference < 0 ? "−" : "+"}${Math.abs(difference).toFixed(3)}`;
}

function verdict(difference: number, within: number): string {
  return `${Math.abs(difference) <= within ? "within" : "NOT within"} ${within}`;
}
