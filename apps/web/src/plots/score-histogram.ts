import * as Plot from "@observablehq/plot";
import type { ScoreHistogram } from "@shadowfarm/core/histogram";
import { colors, draw } from "./draw.ts";

/** Scores of members above the axis, of non-members below it, as shares of each side. */
export function plotScoreHistogram(
  { edges, members, nonMembers }: ScoreHistogram,
  { label = "score (higher: likelier a member)" }: { label?: string },
  document: Document,
): Element {
  const shares = (counts: readonly number[]) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => (total === 0 ? 0 : count / total));
  };
  const bars = (counts: readonly number[], sign: 1 | -1) =>
    shares(counts).map((share, bin) => ({ from: edges[bin], to: edges[bin + 1], share: sign * share }));
  const common = { x1: "from", x2: "to", y: "share", inset: 0.5 };
  return draw(
    {
      ariaLabel: "Histogram of the scores of members and of non-members",
      width: 420,
      height: 200,
      x: { label },
      y: {
        label: "share of members above, of non-members below",
        tickFormat: (share: number) => `${Math.abs(100 * share)} %`,
        ticks: 5,
      },
      marks: [
        Plot.rectY(bars(members, 1), { ...common, fill: colors.members, ariaLabel: "members" }),
        Plot.rectY(bars(nonMembers, -1), { ...common, fill: colors.nonMembers, ariaLabel: "non-members" }),
        Plot.ruleY([0]),
      ],
    },
    document,
  );
}
