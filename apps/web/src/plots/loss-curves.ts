import { plotLines } from "./lines.ts";
import type { Markup } from "./markup.ts";

/** The mean loss of each epoch of one training. */
export interface LossCurve {
  /** The panel: a dataset mostly. */
  facet: string;
  /** Of what: the target, a shadow model, members, non-members. */
  name: string;
  key: string;
  synthetic: boolean;
  losses: readonly number[]; // epochs
}

/** Losses by epoch. Chance is the cross-entropy of a model that has learnt nothing: ln classes. */
export function plotLossCurves(
  curves: readonly LossCurve[],
  { title, classes, width = 640 }: { title: string; classes: number; width?: number },
): Markup {
  const chance = Math.log(classes);
  const losses = curves.flatMap((curve) => curve.losses);
  const epochs = Math.max(2, ...curves.map((curve) => curve.losses.length));
  return plotLines(
    curves.map(({ losses: own, ...curve }) => ({
      ...{ ...curve, n: null },
      points: own.map((loss, epoch) => ({ x: epoch + 1, y: loss, low: loss, high: loss })),
    })),
    [],
    {
      title,
      description: `Mean loss of each epoch. Dashed: chance, ln ${classes}.`,
      ...{ width, aspect: 0.75, dots: false, chance: () => chance },
      x: { label: "epoch", domain: [1, epochs] },
      y: { label: "loss", domain: [0, Math.max(chance, ...losses) * 1.05] },
    },
  );
}
