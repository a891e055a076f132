import { paperSchema } from "@shadowfarm/core/paper";
import type { ExperimentRow } from "@shadowfarm/store/experiments";
import type { ResultRow } from "@shadowfarm/store/results";
import { expect, test } from "vitest";
import { htmlReport, markdownReport } from "./report.ts";
import { aResult } from "./result.fixture.ts";

const numbers = {
  figure: "Fig. 3 | <b>",
  from: "V",
  metric: "auc",
  where: { attack: "gap" },
  values: 0.6,
  within: 0.02,
};

function anExperiment(changes: Partial<ExperimentRow["spec"]> = {}): ExperimentRow {
  const spec = { description: "What <script>alert(1)</script> shows", paper: [paperSchema.parse(numbers)], ...changes };
  return { id: "0123456789", name: "small", spec } as unknown as ExperimentRow;
}

const results = [aResult(), aResult({ repeat: 1, jobKey: "second", metrics: { auc: 0.59 } })];

test("Markdown: data by their kind, means over repeats, and the paper's number beside", () => {
  const report = markdownReport(anExperiment(), results);
  expect(report).toContain("# small\n");
  expect(report).toContain("mnist: REAL data (IDX files), 600 members and as many non-members");
  expect(report).toMatch(/\| mnist \| real \| mlp \| none \| gap \| 2 \|.* 0\.580 ± 0\.014 \|/);
  expect(report).toMatch(
    /\| Fig\. 3 \\\| <b> \| read off a drawing \| gap \| auc \| 0\.600 \| 0\.580 ± 0\.014 \| 2 \| −0\.020/,
  );
});

test("Markdown ends with its tables for LaTeX, in which no text is a command", () => {
  const [, latex = ""] = markdownReport(anExperiment(), results).split("```latex\n");
  expect(latex).toMatch(/% Results\n\\begin\{tabular\}[\s\S]*0\.580 \$\\pm\$ 0\.014/);
  expect(latex).toContain("Fig. 3 \\textbar{} \\textless{}b\\textgreater{}");
  expect(latex.match(/\\end\{tabular\}/g)).toHaveLength(2);
});

test("HTML: the same, and no text of the experiment becomes markup", () => {
  const report = htmlReport(anExperiment(), results);
  expect(report).toContain("<title>small</title>");
  expect(report).toContain("What &lt;script&gt;alert(1)&lt;/script&gt; shows");
  expect(report).toContain("Fig. 3 | &lt;b&gt;");
  expect(report.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/<script|<b>|https?:/);
});

test("pictures: AUC by queries where there is one, and scores of both sides", () => {
  const byQueries = [
    { queries: 250, auc: 0.6, aucInterval: [0.55, 0.65] as [number, number], bestBalancedAccuracy: 0.6 },
    { queries: 1000, auc: 0.7, aucInterval: [0.65, 0.75] as [number, number], bestBalancedAccuracy: 0.7 },
  ];
  const histogram = { edges: [0, 1, 2], members: [1, 3], nonMembers: [3, 1] };
  const attacked = [aResult({ attack: "boundary", metrics: { byQueries } })];
  const band = { n: 2, smallestFpr: 0.01, points: [{ fpr: 0.01, tpr: 0.1, low: 0, high: 0.2 }] };
  const plain = anExperiment({ paper: [] });
  const [first] = attacked as [ResultRow];
  const report = htmlReport(plain, attacked, [{ first, band, histogram }]);
  expect(report.match(/<svg/g)).toHaveLength(3);
  expect(report).toMatch(/<h2>ROC<\/h2>[\s\S]*<svg[\s\S]*boundary \(n 2\)/);
  expect(report).toContain("<figcaption>mnist mlp · none · boundary, first repeat</figcaption>");
  expect(htmlReport(plain, results)).not.toContain("<svg");
});

test("pictures: which target leaks under which attack where there are several, and the paper's numbers beside ours", () => {
  const heading = "Which target leaks, under which attack";
  const several = [...results, aResult({ attack: "threshold", jobKey: "third" })];
  const report = htmlReport(anExperiment(), several);
  expect(report.split(heading)[1]).toMatch(/AUC 0\.580 \[.*\], n = 2<\/title>[\s\S]*TPR@1% 0\.020 \[/);
  expect(report.split("<h2>Beside the paper</h2>")[1]).toMatch(/<svg[\s\S]*paper 0\.600, ours 0\.580[\s\S]*<table>/);
  expect(markdownReport(anExperiment(), several)).not.toContain(heading);
  expect(htmlReport(anExperiment(), results)).not.toContain(heading);
});

test("of two defenses or more, what each costs: a picture with its table below, in Markdown the table", () => {
  const defended = [
    ...results,
    aResult({ defense: "dropout", jobKey: "other", metrics: { testAccuracy: 0.8, auc: 0.51 } }),
  ];
  const heading = "Privacy and utility: mnist mlp, real data";
  const html = htmlReport(anExperiment(), defended);
  expect(html).toContain(`<h2>${heading}</h2>`);
  expect(html.split(heading)[1]).toMatch(/<svg[\s\S]*<figcaption>[\s\S]*<td>dropout<\/td><td>Pareto<\/td>/);
  const markdown = markdownReport(anExperiment(), defended);
  expect(markdown).toContain(`## ${heading}`);
  expect(markdown).toMatch(/\| none \| Pareto \| 2 \| 0\.850 \[0\.850, 0\.850\] \| 0\.580 \[.*\] \| gap \|/);
  expect(markdown).not.toContain("<svg");
  for (const write of [htmlReport, markdownReport]) {
    expect(write(anExperiment(), results)).not.toContain("Privacy and utility");
  }
});

test("without a paper's numbers there is nothing to put them beside", () => {
  for (const write of [htmlReport, markdownReport]) {
    expect(write(anExperiment({ paper: [] }), results)).not.toContain("Beside the paper");
  }
});

test("what is beyond the bound says so", () => {
  const far = paperSchema.parse({ ...numbers, figure: "Fig. 9", values: 0.9 });
  expect(markdownReport(anExperiment({ paper: [far] }), results)).toContain("| −0.320 | NOT within 0.02 |");
});
