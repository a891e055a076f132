import * as Plot from "@observablehq/plot";
import { colors, draw } from "./draw.ts";

/** What one attack shows after so many queries a record. */
export interface AucPoint {
  /** The line that it belongs to. */
  series: string;
  queries: number;
  auc: number;
  /** Its 95 % interval. */
  from: number;
  to: number;
}

/** AUC against queries on a logarithmic axis, a line and a band for each series, chance dashed. */
export function plotAucByQueries(points: readonly AucPoint[], document: Document): Element {
  const names = [...new Set(points.map(({ series }) => series))];
  const last = names.flatMap((series) => points.filter((point) => point.series === series).slice(-1));
  const low = Math.min(0.45, ...points.map(({ from }) => from));
  return draw(
    {
      ariaLabel: "AUC against queries a record",
      width: 640,
      height: 280,
      marginRight: 220,
      x: { type: "log", label: "queries a record", tickFormat: "~s", ticks: 5 },
      y: { label: "AUC", domain: [low, 1], grid: true },
      color: { domain: names, range: names.map((_, at) => colors.series[at % colors.series.length] as string) },
      marks: [
        Plot.ruleY([0.5], { strokeDasharray: "4 3" }),
        Plot.areaY(points, { x: "queries", y1: "from", y2: "to", z: "series", fill: "series", fillOpacity: 0.15 }),
        Plot.lineY(points, { x: "queries", y: "auc", z: "series", stroke: "series" }),
        Plot.dot(points, { x: "queries", y: "auc", fill: "series", r: 2.5 }),
        Plot.text(apart(last, (1 - low) / 14), {
          x: "queries",
          y: "place",
          text: "series",
          fill: "series",
          textAnchor: "start",
          dx: 8,
        }),
      ],
    },
    document,
  );
}

/** Where names of lines are written: beside their ends, but never closer to each other than `gap`. */
function apart(ends: readonly AucPoint[], gap: number): (AucPoint & { place: number })[] {
  let above = Number.POSITIVE_INFINITY;
  return [...ends]
    .sort((one, other) => other.auc - one.auc)
    .map((end) => {
      above = Math.min(end.auc, above - gap);
      return { ...end, place: above };
    });
}
