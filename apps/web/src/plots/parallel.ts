import { apart, type Scale, scaleOf, spreadOf, ticksOf } from "./axes.ts";
import { boxEntry, chanceEntry, chanceStroke, legend } from "./legend.ts";
import { type Box, emptyPicture, line, pathOf, picture, round } from "./marks.ts";
import { element, type Markup } from "./markup.ts";
import { halo, magnitudeSteps } from "./theme.ts";
import { countText, SMALL, shortNumber, tooltip, write } from "./words.ts";

/** An axis: numbers where all values are, else names from the top in the order in which they come up. */
export interface Dimension {
  name: string;
  label: string;
  log?: boolean;
  /** What guessing reaches, of a metric. */
  chance?: number;
}

/** One combination. */
export interface ParallelRow {
  key: string;
  synthetic: boolean;
  /** Repeats. */
  n: number;
  /** By the dimensions' names; null where it has none, and its line stops. */
  values: Readonly<Record<string, number | string | null>>;
  /** Whether it is not one of those that are looked for, and only hinted at. */
  faded?: boolean;
}

/** What is looked for along an axis: numbers from the least to the largest, or names. */
export type Brush = { from: number; to: number } | { names: readonly string[] };

/** By the dimensions' names. */
export type Brushes = ReadonlyMap<string, Brush>;

/** Every combination as a line over all dimensions, in the colour of the last one's value. */
export function plotParallel(
  rows: readonly ParallelRow[],
  dimensions: readonly Dimension[],
  { title, width = 900, brushes = new Map() }: { title: string; width?: number; brushes?: Brushes },
): Markup {
  const last = dimensions.at(-1);
  const about = {
    title,
    description: `A line for each of ${rows.length} combinations over ${dimensions.map(({ label }) => label).join(", ")}; coloured by ${last?.label ?? "nothing"}. Broken lines: synthetic data.`,
  };
  if (rows.length === 0 || !last) return emptyPicture(about, width);
  const { axes, whole, step, box } = parallelAxes(rows, dimensions, width);
  const sought = rows.filter(({ faded }) => faded !== true);
  const thin = sought.length > 60;
  const ranges = rangesOf(axes.at(-1)?.scale ?? null);
  const below = legend(
    [
      ...ranges.map((range, at) => boxEntry(at === 0 ? `${last.label} ${range}` : range, magnitudeSteps[at] as string)),
      ...(dimensions.some(({ chance }) => chance !== undefined) ? [chanceEntry] : []),
      ...(rows.some(({ synthetic }) => synthetic) ? [syntheticEntry] : []),
      {
        label: `${sought.length === rows.length ? "" : `${sought.length} of `}${rows.length} combinations, ${countText(rows.map(({ n }) => n))}`,
        sign: () => [],
      },
    ],
    { left: 0, top: box.bottom + 14, width: whole },
  );
  return picture(
    { ...about, width: whole, height: box.bottom + 14 + below.height },
    [...rows.filter(({ faded }) => faded), ...sought].map(({ key, synthetic, n, values, faded }) => {
      const points = axes.map(({ name, x, place }) => ({ x, y: place(values[name] ?? null) }));
      const said = axes.map(({ name, label }) => `${label} ${shown(values[name] ?? null)}`).join(", ");
      return element(
        "path",
        {
          ...{
            d: pathOf(points),
            stroke: ranges.length === 0 ? "currentColor" : colorOf(points.at(-1)?.y ?? null, box),
            fill: "none",
            "data-key": key,
          },
          ...{ "stroke-width": thin ? 1 : 2, "stroke-opacity": faded ? 0.08 : thin ? 0.6 : 0.9 },
          "stroke-dasharray": synthetic ? SYNTHETIC : undefined,
        },
        tooltip(`${said}, n = ${n}${synthetic ? ", SYNTHETIC data" : ""}`),
      );
    }),
    axes.map(({ name, label, x, chance, place, pieces, ticks }) => {
      const brush = brushes.get(name);
      const guess = chance === undefined ? null : place(chance);
      return element(
        "g",
        { "data-dimension": name },
        line(x, box.top, x, box.bottom),
        brush ? brushMark(pieces(brush), x) : [],
        write(
          label,
          { x, y: box.top - 16, anchor: "middle", size: SMALL, room: 0.88 * step - 8 },
          { "font-weight": 600 },
        ),
        // Read over the lines.
        ticks.map(({ text, at }) =>
          write(text, { x: x + 6, y: at, size: SMALL, room: Math.min(step, RIGHT) - 10 }, halo),
        ),
        guess === null ? [] : line(x - 18, guess, x, guess, { ...chanceStroke, "stroke-width": 2 }),
      );
    }),
    below.marks,
  );
}

function brushMark(pieces: readonly (readonly [from: number, to: number])[], x: number): Markup {
  const d = pieces.map(([from, to]) => `M${round(x)},${round(from)}L${round(x)},${round(to)}`).join("");
  return element("path", { d, stroke: "currentColor", "stroke-width": 8, "stroke-opacity": 0.35, fill: "none" });
}

/** The names along an axis, from the top; null where it has numbers. */
export function namesAlong(rows: readonly ParallelRow[], dimension: string): string[] | null {
  const values = rows.flatMap(({ values: { [dimension]: value } }) => value ?? []);
  if (values.length > 0 && values.every((value) => typeof value === "number")) return null;
  return [...new Set(values.map(String))];
}

/** Where the axes of a picture of so much width are, and what is where on them. */
export function parallelAxes(rows: readonly ParallelRow[], dimensions: readonly Dimension[], width: number) {
  const whole = Math.max(width, LEAST * dimensions.length);
  const step = (whole - LEFT - RIGHT) / Math.max(1, dimensions.length - 1);
  const box = { left: 0, top: 34, right: whole, bottom: 34 + TALL };
  const axes = dimensions.map((dimension, at) => ({
    ...dimension,
    x: LEFT + step * at,
    ...placesOf(dimension, rows, box),
  }));
  return { axes, whole, step, box };
}

const LEFT = 40;
const RIGHT = 96;
const TALL = 260;
const LEAST = 92;
const SYNTHETIC = "5 3";
const syntheticEntry = {
  label: "SYNTHETIC data",
  sign: (x: number, y: number) => line(x, y, x + 16, y, { "stroke-dasharray": SYNTHETIC, "stroke-width": 2 }),
};

/** Where values are on an axis, what is written on it, what a stretch of its pixels holds, and which pixels a brush does. */
function placesOf({ name, log = false, chance }: Dimension, rows: readonly ParallelRow[], box: Box): Places {
  const names = namesAlong(rows, name);
  if (names) return placesOfNames(names, box);
  const numbers = rows.flatMap(({ values: { [name]: value } }) => (typeof value === "number" ? value : []));
  const all = chance === undefined ? numbers : [...numbers, chance];
  const byLog = log && all.every((value) => value > 0);
  const scale = scaleOf(spreadOf(all, byLog), [box.bottom, box.top], byLog);
  const ticks = ticksOf(scale, 5).map((value) => ({ text: shortNumber(value), at: scale(value) }));
  return {
    scale,
    place: (value) => (typeof value === "number" ? scale(value) : null),
    ticks: apart(ticks, high),
    brush: (...ends) => {
      const [one, other] = ends.map((end) => Number(scale.invert(end).toPrecision(4))) as [number, number];
      return { from: Math.min(one, other), to: Math.max(one, other) };
    },
    pieces: (brush) => ("names" in brush ? [] : [[scale(brush.from), scale(brush.to)]]),
  };
}

interface Places {
  scale: Scale | null;
  place: (value: number | string | null) => number | null;
  ticks: { text: string; at: number }[];
  brush: (from: number, to: number) => Brush | null;
  pieces: (brush: Brush) => (readonly [from: number, to: number])[];
}

function placesOfNames(names: readonly string[], { top, bottom }: Box): Places {
  const step = names.length < 2 ? bottom - top : (bottom - top) / (names.length - 1);
  const places = names.map((text, index) => ({ text, at: names.length < 2 ? (top + bottom) / 2 : top + step * index }));
  // A name is as high as its letters where there is room for them.
  const half = Math.min(step, high()) / 2;
  return {
    scale: null,
    place: (value) => places[names.indexOf(String(value))]?.at ?? null,
    ticks: apart(places, high),
    brush: (from, to) => {
      const held = places.filter(({ at }) => at >= Math.min(from, to) - half && at <= Math.max(from, to) + half);
      return held.length === 0 ? null : { names: held.map(({ text }) => text) };
    },
    pieces: (brush) => {
      const sought = new Set("names" in brush ? brush.names : []);
      return places
        .filter(({ text }) => sought.has(text))
        .map(({ at }) => [Math.max(top, at - step / 2), Math.min(bottom, at + step / 2)]);
    },
  };
}

function high(): number {
  return SMALL + 4;
}

/** Of the five colours, where the last axis has numbers. */
function rangesOf(scale: Scale | null): string[] {
  if (scale === null) return [];
  const [bottom = 0, top = 0] = scale.range();
  const edge = (part: number) => shortNumber(scale.invert(bottom + (top - bottom) * part));
  return magnitudeSteps.map((_, at) => `${edge(at / 5)}–${edge((at + 1) / 5)}`);
}

function colorOf(y: number | null, { top, bottom }: Box): string {
  if (y === null) return "currentColor";
  const share = (bottom - y) / (bottom - top);
  return magnitudeSteps[Math.min(4, Math.floor(share * 5))] as string;
}

function shown(value: number | string | null): string {
  return value === null ? "n/a" : typeof value === "number" ? shortNumber(value) : value;
}
