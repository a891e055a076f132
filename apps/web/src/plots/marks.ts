import {
  type SymbolType,
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
} from "d3-shape";
import { type Attributes, type Children, element, escaped, type Markup } from "./markup.ts";
import { FONT, tooltip, write } from "./words.ts";

/** A rectangle in pixels, y downwards. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** What a picture tells those who do not see it. */
export interface About {
  /** What it is of, in a line. */
  title: string;
  /** How it is to be read. */
  description: string;
}

/** A whole SVG. It scales down with its container, and text stands in the page's colour. */
export function picture(
  { width, height, title, description }: About & { width: number; height: number },
  ...children: readonly Children[]
): Markup {
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      role: "img",
      ...{ width, height, viewBox: `0 0 ${Math.round(width)} ${Math.round(height)}` },
      ...{ fill: "currentColor", "font-family": "system-ui, sans-serif", "font-size": FONT },
      "font-variant-numeric": "tabular-nums",
    },
    tooltip(title),
    element("desc", {}, escaped(description)),
    ...children,
  );
}

/** What stands where a picture would, when there is nothing to draw. */
export function emptyPicture(about: About, width: number): Markup {
  const height = 96;
  return picture(
    { ...about, width, height },
    element("rect", {
      ...sized({ left: 0.5, top: 0.5, right: width - 0.5, bottom: height - 0.5 }),
      ...outline,
      "stroke-dasharray": "4 3",
    }),
    write("no results to draw yet", { x: width / 2, y: height / 2, anchor: "middle" }),
  );
}

const outline = { fill: "none", stroke: "currentColor", "stroke-opacity": 0.4 };

export function sized({ left, top, right, bottom }: Box): Attributes {
  return { x: left, y: top, width: right - left, height: bottom - top };
}

export function line(x1: number, y1: number, x2: number, y2: number, more: Attributes = {}): Markup {
  return element("line", { x1, y1, x2, y2, stroke: "currentColor", ...more });
}

/** Diagonal lines over a box: the sign of synthetic data, without a pattern, whose id could be another picture's. */
export function hatch({ left, top, right, bottom }: Box, more: Attributes = {}): Markup {
  const height = bottom - top;
  const strokes: string[] = [];
  for (let foot = left + HATCH / 2; foot < right + height; foot += HATCH) {
    // From the lower left to the upper right, cut at the sides.
    const from = Math.max(left, foot - height);
    const to = Math.min(right, foot);
    if (to > from)
      strokes.push(`M${round(from)},${round(top + foot - from)}`.concat(`L${round(to)},${round(top + foot - to)}`));
  }
  return element("path", {
    d: strokes.join(""),
    stroke: "currentColor",
    "stroke-opacity": 0.25,
    fill: "none",
    ...more,
  });
}

const HATCH = 7;

/** Shapes that can be filled and hollow. The star is kept for what all others are compared with. */
const shapes: readonly SymbolType[] = [
  symbolCircle,
  symbolSquare,
  symbolTriangle,
  symbolDiamond,
  symbolCross,
  symbolWye,
];

/** A dot in the shape of that number, of about the radius. */
export function dot(
  x: number,
  y: number,
  shape: number | "star",
  radius: number,
  more: Attributes,
  about?: string,
): Markup {
  const type = shape === "star" ? symbolStar : (shapes[shape % shapes.length] as SymbolType);
  const d = symbol(type, Math.PI * radius ** 2)() ?? "";
  return element(
    "path",
    { transform: `translate(${round(x)},${round(y)})`, d, ...more },
    about === undefined ? [] : tooltip(about),
  );
}

/** Straight lines from point to point; broken where one has no height. */
export function pathOf(points: readonly { x: number; y: number | null }[]): string {
  return points
    .map(({ x, y }, at) =>
      y === null ? "" : `${(points[at - 1]?.y ?? null) === null ? "M" : "L"}${round(x)},${round(y)}`,
    )
    .join("");
}

/** A pixel as it is written in paths. */
export function round(pixel: number): number {
  return Math.round(pixel * 100) / 100;
}
