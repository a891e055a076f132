import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from "d3-scale";
import { type Box, line } from "./marks.ts";
import type { Markup } from "./markup.ts";
import { SMALL, shortNumber, widthOf, write } from "./words.ts";

export type Scale = ScaleContinuousNumeric<number, number>;

/** A scale over a stretch of pixels; what is outside of the domain is drawn at its end. */
export function scaleOf(domain: readonly [number, number], range: readonly [number, number], log = false): Scale {
  const scale = log ? scaleLog() : scaleLinear();
  return scale.domain(domain).range(range).clamp(true);
}

interface Axis {
  label?: string;
  /** About how many ticks there may be. */
  ticks?: number;
  format?: (value: number) => string;
}

/** What numbers left of a box take. */
export const LEFT = 46;

const faint = { "stroke-opacity": 0.12 };

/** Ticks below a box with lines through it; those whose numbers would touch are left out. */
export function axisX(scale: Scale, box: Box, { label, ticks, format = shortNumber }: Axis): Markup[] {
  const room = box.right - box.left;
  const shown = apart(
    ticksOf(scale, ticks ?? Math.max(2, room / 70)).map((value) => ({ value, text: format(value), at: scale(value) })),
    ({ text }) => widthOf(text, SMALL) + 8,
  );
  return [
    ...shown.flatMap(({ text, at }) => [
      line(at, box.top, at, box.bottom + 4, faint),
      write(text, { x: at, y: box.bottom + 13, anchor: "middle", size: SMALL }),
    ]),
    ...(label === undefined
      ? []
      : [write(label, { x: (box.left + box.right) / 2, y: box.bottom + 30, anchor: "middle", room: room + 40 })]),
  ];
}

/** Ticks left of a box with lines through it, and above it what they are of. */
export function axisY(scale: Scale, box: Box, { label, ticks, format = shortNumber }: Axis): Markup[] {
  const shown = apart(
    ticksOf(scale, ticks ?? Math.max(2, (box.bottom - box.top) / 40)).map((value) => ({
      value,
      text: format(value),
      at: scale(value),
    })),
    () => SMALL + 4,
  );
  return [
    ...shown.flatMap(({ text, at }) => [
      line(box.left - 4, at, box.right, at, faint),
      write(text, { x: box.left - 7, y: at, anchor: "end", size: SMALL }),
    ]),
    ...(label === undefined
      ? []
      : [write(label, { x: box.left - LEFT, y: box.top - 12, size: SMALL, room: box.right - box.left + LEFT })]),
  ];
}

/** Of a logarithmic scale of several decades the powers of ten, of a shorter one also twice and five times them. */
export function ticksOf(scale: Scale, count: number): number[] {
  if (!("base" in scale)) return scale.ticks(Math.floor(count));
  const [low = 1, high = 1] = scale.domain();
  const decades = Math.log10(high / low);
  const digits = decades >= 2 ? [1] : decades >= 0.6 ? [1, 2, 5] : [1, 2, 3, 4, 5, 6, 7, 8, 9];
  return scale
    .ticks(10)
    .filter((tick) => digits.includes(Math.round(tick / 10 ** Math.floor(Math.log10(tick) + 1e-9))));
}

/** Ticks that keep that much apart from one another, from the first on. */
export function apart<Tick extends { at: number }>(ticks: readonly Tick[], size: (tick: Tick) => number): Tick[] {
  const kept: Tick[] = [];
  for (const tick of ticks) {
    const last = kept.at(-1);
    if (!last || Math.abs(tick.at - last.at) >= (size(tick) + size(last)) / 2) kept.push(tick);
  }
  return kept;
}

export interface Estimate {
  mean: number;
  low: number;
  high: number;
}

/** From the smallest to the largest mean, and as much of the intervals as leaves room for the means. */
export function domainOf(estimates: readonly Estimate[], ...others: readonly number[]): [number, number] {
  const means = [...estimates.map(({ mean }) => mean), ...others];
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const reach = Math.max(0.02, 0.3 * (high - low));
  const edge = Math.max(0.01, 0.08 * (high - low));
  const from = Math.max(low - reach, Math.min(low - edge, ...estimates.map((own) => own.low)));
  const to = Math.min(high + reach, Math.max(high + edge, ...estimates.map((own) => own.high)));
  return [from, to];
}

/** From the least to the largest, and around a single one. */
export function spreadOf(values: readonly number[], log: boolean): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (low < high) return [low, high];
  return log ? [low / 2, low * 2] : [low - 0.5, low + 0.5];
}
