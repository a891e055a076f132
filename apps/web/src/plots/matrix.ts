import { axisX, type Scale, scaleOf } from "./axes.ts";
import { boxEntry, chanceStroke, legend } from "./legend.ts";
import { type Box, emptyPicture, hatch, line, picture, round, sized } from "./marks.ts";
import { element, type Markup } from "./markup.ts";
import { inkOn, magnitude } from "./theme.ts";
import { estimateText, linesOf, SMALL, tooltip, widthOf, write } from "./words.ts";

/** One combination of the two dimensions. */
export interface MatrixCell {
  row: string;
  column: string;
  key: string;
  synthetic: boolean;
  /** Null where the sample is too small to resolve the metric; without ends where an interval would say nothing. */
  value: { mean: number; low: number | null; high: number | null } | null;
  /** Repeats. */
  n: number;
}

interface Options {
  title: string;
  /** What is measured: AUC, TPR at 1 % FPR. */
  metric: string;
  /** What guessing reaches, at the middle of the colours: in (0, 1). */
  chance: number;
  /** Names in order; those left out follow in the order in which they come up. */
  order?: { rows: readonly string[]; columns: readonly string[] };
  width?: number;
}

const HEIGHT = 46;
const LEAST = 58;
const MOST = 104;

/**
 * Two dimensions as a heat map: in each cell the number, its 95 % interval as a whisker, and n. Colours and
 * whiskers are around chance, linearly for one of ½, in decades for a smaller one, as far as the numbers reach; a longer interval is cut.
 */
export function plotMatrix(
  cells: readonly MatrixCell[],
  { title, metric, chance, order = { rows: [], columns: [] }, width = 640 }: Options,
): Markup {
  const about = {
    title,
    description: `${metric}: the number, its 95 % interval as a whisker, and n repeats in each cell. Grey: chance, ${chance}; yellow: above; blue: below. Hatched: synthetic data; hollow: not resolvable.`,
  };
  if (cells.length === 0) return emptyPicture(about, width);
  const rows = [...new Set([...order.rows, ...cells.map(({ row }) => row)])];
  const columns = [...new Set([...order.columns, ...cells.map(({ column }) => column)])];
  const left = Math.min(0.34 * width, 12 + Math.max(...rows.map((row) => widthOf(row, SMALL))));
  const wide = Math.min(MOST, Math.max(LEAST, (width - left) / columns.length));
  const slanted = columns.some((column) => linesOf(column, wide - 8, SMALL, 2).some((text) => text.endsWith("…")));
  const longest = Math.min(170, Math.max(...columns.map((column) => widthOf(column, SMALL))));
  const top = slanted ? 14 + longest * SIN + 6 : 36;
  const right = left + wide * columns.length;
  const bottom = top + HEIGHT * rows.length;
  const whole = Math.max(
    right + (slanted ? longest * COS - wide / 2 + 6 : 0),
    BAR + 10 + widthOf(barText(metric), SMALL),
  );
  const notes = [
    ...(cells.some(({ synthetic }) => synthetic) ? [boxEntry("SYNTHETIC data", "none", hatch)] : []),
    ...(cells.some(({ value }) => value === null) ? [boxEntry("not resolvable", "none")] : []),
  ];
  const below = legend(notes, { left: 0, top: bottom + 62, width: whole });
  const share = shareOf(cells, chance);
  return picture(
    { ...about, width: whole, height: bottom + 62 + below.height },
    columns.map((column, at) =>
      columnName(column, left + wide * (at + 0.5), top - 8, slanted ? longest : wide - 8, slanted),
    ),
    rows.flatMap((row, at) => rowName(row, left - 10, top + HEIGHT * (at + 0.5))),
    cells.map((cell) => {
      const x = left + wide * columns.indexOf(cell.column);
      const y = top + HEIGHT * rows.indexOf(cell.row);
      return cellMarks(cell, { left: x + 1, top: y + 1, right: x + wide - 1, bottom: y + HEIGHT - 1 }, metric, share);
    }),
    colorBar(chance, metric, share, { left: 0, top: bottom + 14, right: BAR, bottom: bottom + 26 }),
    below.marks,
  );
}

const SLANT = 35;
const SIN = Math.sin((SLANT * Math.PI) / 180);
const COS = Math.cos((SLANT * Math.PI) / 180);

function columnName(name: string, x: number, y: number, room: number, slanted: boolean): Markup | Markup[] {
  if (slanted)
    return write(name, { x, y, size: SMALL, room }, { transform: `rotate(-${SLANT} ${round(x)} ${round(y)})` });
  const lines = linesOf(name, room, SMALL, 2);
  return lines.map((text, at) =>
    write(text, { x, y: y - 14 * (lines.length - 1 - at), anchor: "middle", size: SMALL }),
  );
}

function rowName(name: string, x: number, y: number): Markup[] {
  const lines = linesOf(name, x, SMALL, 3);
  return lines.map((text, at) =>
    write(text, { x, y: y + 14 * (at - (lines.length - 1) / 2), anchor: "end", size: SMALL }),
  );
}

/** From 0 to 1 around chance at ½, as far as the cells reach to either side: in tenths, or in half decades. */
function shareOf(cells: readonly MatrixCell[], chance: number): Scale {
  const means = cells.flatMap(({ value }) => value?.mean ?? []);
  if (chance === 0.5) {
    const reach = Math.ceil(10 * Math.max(0.1, ...means.map((mean) => Math.abs(mean - chance))) - 1e-9) / 10;
    return scaleOf([chance - reach, chance + reach], [0, 1]);
  }
  const decades = means.map((mean) => Math.abs(Math.log10(Math.max(mean, chance ** 2) / chance)));
  const reach = 10 ** (Math.ceil(2 * Math.max(0.5, ...decades) - 1e-9) / 2);
  return scaleOf([chance / reach, chance * reach], [0, 1], true);
}

function cellMarks({ key, row, column, synthetic, value, n }: MatrixCell, box: Box, metric: string, share: Scale) {
  const middle = (box.left + box.right) / 2;
  const about = tooltip(
    `${row}, ${column}: ${metric} ${value === null ? `not resolvable, n = ${n}` : said(value, n)}${synthetic ? ", SYNTHETIC data" : ""}`,
  );
  const keys = { "data-key": key, "data-row": row, "data-column": column };
  if (value === null) {
    return element(
      "g",
      keys,
      about,
      element("rect", { ...sized(box), fill: "none", stroke: "currentColor", "stroke-opacity": 0.5 }),
      synthetic ? hatch(box) : [],
      write("n/a", { x: middle, y: box.top + 15, anchor: "middle" }),
      write(`n ${n}`, { x: middle, y: box.bottom - 8, anchor: "middle", size: 10 }),
    );
  }
  const fill = magnitude(share(value.mean));
  const ink = inkOn(fill);
  // Digits are read over the hatch.
  const halo = { fill: ink, stroke: fill, "stroke-width": 3, "paint-order": "stroke" };
  const at = (part: number) => box.left + 6 + share(part) * (box.right - box.left - 12);
  const y = box.top + 27;
  return element(
    "g",
    keys,
    about,
    element("rect", { ...sized(box), fill }),
    synthetic ? hatch(box, { stroke: ink, "stroke-opacity": 0.35 }) : [],
    write(value.mean.toFixed(3), { x: middle, y: box.top + 13, anchor: "middle" }, { ...halo, "font-weight": 600 }),
    line(box.left + 6, y, box.right - 6, y, { stroke: ink, "stroke-opacity": 0.3 }),
    line(middle, y - 4, middle, y + 4, { stroke: ink, "stroke-opacity": 0.6 }),
    value.low === null || value.high === null
      ? []
      : line(at(value.low), y, at(value.high), y, { stroke: ink, "stroke-width": 3 }),
    write(`n ${n}`, { x: middle, y: box.bottom - 7, anchor: "middle", size: 10 }, halo),
  );
}

function said({ mean, low, high }: NonNullable<MatrixCell["value"]>, n: number): string {
  return low === null || high === null
    ? `${mean.toFixed(3)}, the mean of ${n} results`
    : estimateText({ mean, low, high, n });
}

/** Width of the bar that says which colour is which number. */
const BAR = 200;

function barText(metric: string): string {
  return `${metric}, chance dashed`;
}

function colorBar(chance: number, metric: string, share: Scale, box: Box): Markup[] {
  const [from, to] = [box.left + 20, box.right - 10];
  const scale = share.copy().range([from, to]);
  const steps = 40;
  const at = scale(chance);
  return [
    ...Array.from({ length: steps }, (_, step) => {
      const left = from + ((to - from) * step) / steps;
      const fill = magnitude((step + 0.5) / steps);
      return element("rect", { ...sized({ ...box, left, right: left + (to - from) / steps + 0.3 }), fill });
    }),
    line(at, box.top - 3, at, box.bottom + 3, chanceStroke),
    ...axisX(scale, { ...box, left: from, right: to, top: box.bottom }, { ticks: 3 }),
    write(barText(metric), { x: to + 10, y: (box.top + box.bottom) / 2, size: SMALL }),
  ];
}
