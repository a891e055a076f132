import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { plotAucByQueries } from "./auc-by-queries.ts";
import { plotScoreHistogram } from "./score-histogram.ts";

const { document } = parseHTML("<html><body></body></html>");

/** The picture as it is kept: digits trimmed, and without the class that Plot makes up. */
function kept(plot: Element): string {
  return `${plot.outerHTML
    .replaceAll(/plot-[0-9a-f]{6}/g, "plot")
    .replaceAll(/\d+\.\d{3,}/g, (digits) => Number(digits).toFixed(2))
    .replaceAll("><", ">\n<")}\n`;
}

test("score-histogram", async () => {
  const histogram = { edges: [0, 1, 2, 3], members: [1, 2, 7], nonMembers: [8, 2, 0] };
  await expect(kept(plotScoreHistogram(histogram, {}, document))).toMatchFileSnapshot("golden/score-histogram.svg");
});

test("auc-by-queries", async () => {
  const points = ["location · boundary(norm=l1)", "location · boundary"].flatMap((series, line) =>
    [250, 500, 1000, 2500].map((queries, at) => {
      const auc = 0.6 + 0.05 * at + 0.1 * line;
      return { series, queries, auc, from: auc - 0.03, to: auc + 0.03 };
    }),
  );
  await expect(kept(plotAucByQueries(points, document))).toMatchFileSnapshot("golden/auc-by-queries.svg");
});
