import { plotLines } from "./lines.ts";
import type { Markup } from "./markup.ts";

/** One attack's ROC curve, over its repeats. */
export interface RocSeries {
  /** The panel: what is attacked. */
  facet: string;
  name: string;
  key: string;
  synthetic: boolean;
  /** Repeats. */
  n: number;
  /** 1 / non-members: below this FPR the sample shows nothing. */
  smallestFpr: number;
  points: readonly { fpr: number; tpr: number; low: number; high: number }[];
}

/** ROC curves with the band over repeats, from the smallest FPR that the samples resolve; log–log, or linear. */
export function plotRoc(
  series: readonly RocSeries[],
  { title, linear = false, width = 640 }: { title: string; linear?: boolean; width?: number },
): Markup {
  const smallest = Math.min(0.1, ...series.map(({ smallestFpr }) => smallestFpr));
  const domain = [linear ? 0 : smallest, 1] as const;
  return plotLines(
    series.map(({ points, smallestFpr, ...own }) => ({
      ...own,
      points: points
        .filter(({ fpr }) => linear || fpr >= smallestFpr)
        .map(({ fpr, tpr, low, high }) => ({ x: fpr, y: tpr, low, high })),
    })),
    [],
    {
      title,
      description: `True positive rate against false positive rate on ${linear ? "linear" : "logarithmic"} axes: means over n repeats with their bands. Dashed: chance. What is below the frame is drawn on it.`,
      ...{ width, aspect: 1, dots: false, chance: (fpr: number) => fpr },
      x: { label: "false positive rate", domain, log: !linear },
      y: { label: "true positive rate", domain, log: !linear },
    },
  );
}
