import { type Attributes, element, escaped, type Markup } from "./markup.ts";

/** Sizes of the plots' letters in pixels: of names and numbers, and of what is beside them. */
export const FONT = 12;
export const SMALL = 11;

/** About what a character takes in the plots' font, in units of its size; rather more, so that labels keep apart. */
const CHARACTER = 0.6;

/** About how wide a text will be, in pixels: nothing can be measured where there is no browser. */
export function widthOf(text: string, fontSize: number): number {
  return text.length * fontSize * CHARACTER;
}

/** A text cut to a width, with an ellipsis. */
export function shortened(text: string, width: number, fontSize: number): string {
  if (widthOf(text, fontSize) <= width) return text;
  const kept = Math.max(1, Math.floor(width / (fontSize * CHARACTER)) - 1);
  return `${text.slice(0, kept).trimEnd()}…`;
}

/** A text in at most so many lines, broken at spaces; what has no room is cut. */
export function linesOf(text: string, width: number, fontSize: number, most: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (lines.length < most - 1 && widthOf(rest, fontSize) > width) {
    const at = rest.slice(0, Math.floor(width / (fontSize * CHARACTER)) + 1).lastIndexOf(" ");
    if (at <= 0) break;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at + 1);
  }
  return [...lines, shortened(rest, width, fontSize)];
}

interface Written {
  x: number;
  y: number;
  anchor?: "start" | "middle" | "end";
  size?: number;
  /** As much room as there is; a text that is cut says in full what it is when pointed at. */
  room?: number;
}

/** A line of text, its middle at `y`. */
export function write(
  text: string,
  { x, y, anchor = "start", size = FONT, room }: Written,
  more: Attributes = {},
): Markup {
  const shown = room === undefined ? text : shortened(text, room, size);
  return element(
    "text",
    { x, y, dy: "0.35em", "text-anchor": anchor === "start" ? undefined : anchor, "font-size": size, ...more },
    shown === text ? [] : tooltip(text),
    escaped(shown),
  );
}

/** What is said when the mark that holds it is pointed at, or read aloud. */
export function tooltip(text: string): Markup {
  return element("title", {}, escaped(text));
}

/** A number with as many decimals as tell neighbours apart: 0.001, 0.25, 12, 2.5k. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${shortNumber(value / 1e6)}M`;
  if (size >= 1000) return `${shortNumber(value / 1000)}k`;
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

/** A mean with its 95 % interval and the repeats behind it. */
export function estimateText({ mean, low, high, n }: { mean: number; low: number; high: number; n: number }): string {
  return `${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}], n = ${n}`;
}

/** `n 3`, or `n 3–5` when they differ. */
export function countText(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? `n ${least}` : `n ${least}–${most}`;
}
