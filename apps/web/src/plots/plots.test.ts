import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { plotAucByQueries } from "./auc-by-queries.ts";
import { type FrontierDot, plotFrontier } from "./frontier.ts";
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

/** A defense of that accuracy and AUC, with intervals of ± 0.01. */
function aDot(family: string, strength: string, accuracy: number, leak: number, pareto = false): FrontierDot {
  const around = (mean: number) => ({ mean, low: mean - 0.01, high: mean + 0.01 });
  return {
    ...{ family, strength, pareto, line: family, undefended: family === "none" },
    ...{ accuracy: around(accuracy), leak: around(leak), note: `${family} ${strength}` },
  };
}

test("frontier", async () => {
  const dots = [
    aDot("none", "", 0.83, 0.83),
    aDot("dropout", "hidden=0.1", 0.84, 0.74, true),
    aDot("dropout", "hidden=0.5", 0.78, 0.64),
    aDot("dropout", "hidden=0.75", 0.65, 0.59, true),
    aDot("label-only", "", 0.83, 0.6, true),
    aDot("top-k", "k=3", 0.83, 0.81),
    aDot("top-k", "k=1", 0.83, 0.8),
    // An interval of two repeats may span everything.
    { ...aDot("trades", "", 0.7, 0.62), accuracy: { mean: 0.7, low: 0, high: 1 } },
  ];
  const drawn = plotFrontier(dots, { leakLabel: "AUC of the strongest attack", chance: 0.5 }, document);
  await expect(kept(drawn)).toMatchFileSnapshot("golden/frontier.svg");
});

test("the frontier names the undefended model and the Pareto set, draws nothing outside the frame, and takes any family", () => {
  const dots = Array.from({ length: 20 }, (_, at) =>
    aDot(`defense-${at}`, "", 0.5 + at / 50, 0.55 + at / 50, at % 4 === 0),
  );
  const options = { leakLabel: "AUC", chance: 0.5 };
  const wide = { ...aDot("none", "", 0.9, 0.95), leak: { mean: 0.95, low: 0, high: 1 } };
  const { outerHTML } = plotFrontier([...dots, wide], options, document);
  expect(outerHTML).not.toContain("NaN");
  expect(outerHTML.match(/>undefended</g)).toHaveLength(2);
  expect(outerHTML.match(/>defense-4</g)).toHaveLength(2);
  expect(outerHTML.match(/>defense-5</g)).toHaveLength(1);
  const [, ...lines] = outerHTML.split("<line ").map((line) => Number(/x1="([\d.-]+)"/.exec(line)?.[1] ?? 52));
  expect(Math.min(...lines)).toBeGreaterThanOrEqual(52);
});

test("one defense alone has a frontier too", () => {
  const { outerHTML } = plotFrontier([aDot("none", "", 0.8, 0.5, true)], { leakLabel: "AUC", chance: 0.5 }, document);
  expect(outerHTML).not.toMatch(/NaN|Infinity/);
});
