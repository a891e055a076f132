import { groupsBy } from "@shadowfarm/core/groups";
import { domainOf, spreadOf } from "./axes.ts";
import { type Published, plotLines } from "./lines.ts";
import type { Markup } from "./markup.ts";
import { estimateText, shortNumber } from "./words.ts";

/** A metric at one value of what it is drawn against. */
export interface CurvePoint {
  /** The panel: a dataset mostly. */
  facet: string;
  series: string;
  /** Of its line: points of one facet and series have the same. */
  key: string;
  synthetic: boolean;
  /** Queries, epochs, shadow models, ε, an overfitting level, … */
  x: number;
  mean: number;
  low: number;
  high: number;
  /** Repeats. */
  n: number;
}

interface Options {
  title: string;
  xLabel: string;
  /** Only where all x are above 0; else the axis is linear. */
  log?: boolean;
  yLabel: string;
  /** What guessing reaches. */
  chance: number;
  /** The most that the metric can be. */
  most?: number;
  published?: readonly Published[];
  width?: number;
}

/** A metric against a quantity: a line and its 95 % band for each series, a panel for each facet, the paper's points hollow. */
export function plotCurve(
  points: readonly CurvePoint[],
  { title, xLabel, log = false, yLabel, chance, most = Number.POSITIVE_INFINITY, published = [], width = 640 }: Options,
): Markup {
  const xs = [...points, ...published].map(({ x }) => x);
  const byLog = log && xs.every((x) => x > 0);
  const lines = groupsBy(points, ({ facet, series }) => [facet, series]);
  const theirs = published.map(({ y }) => ({ mean: y, low: y, high: y }));
  const [from, to] = domainOf([...points, ...theirs], chance);
  return plotLines(
    lines.map((line) => {
      const [{ facet, series: name, key, synthetic }] = line;
      return {
        ...{ facet, name, key, synthetic },
        n: Math.min(...line.map(({ n }) => n)),
        points: line
          .map((point) => ({
            ...{ x: point.x, y: point.mean, low: point.low, high: point.high },
            note: `${name} at ${shortNumber(point.x)}: ${estimateText(point)}`,
          }))
          .sort((one, other) => one.x - other.x),
      };
    }),
    published,
    {
      title,
      description: `${yLabel} against ${xLabel}: means over n repeats with 95 % bands. Dashed: chance.`,
      ...{ width, aspect: 0.75, dots: true, chance: () => chance },
      x: { label: xLabel, domain: spreadOf(xs, byLog), log: byLog },
      y: { label: yLabel, domain: [from, Math.min(most, to)] },
    },
  );
}
