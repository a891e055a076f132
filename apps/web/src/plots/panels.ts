import { LEFT } from "./axes.ts";
import { type Box, hatch } from "./marks.ts";
import type { Markup } from "./markup.ts";
import { FONT, linesOf, write } from "./words.ts";

/** One of several small pictures on the same axes. */
export interface Panel extends Box {
  name: string;
  synthetic: boolean;
}

const MARGIN = { left: LEFT, right: 14, top: 54, bottom: 44 };

/** Panels side by side, as many as have room for `least` pixels each; one alone is at most `most` wide. */
export function layPanels(
  facets: readonly { name: string; synthetic: boolean }[],
  {
    width,
    top,
    least = 210,
    most = 420,
    aspect,
  }: { width: number; top: number; least?: number; most?: number; aspect: number },
): { panels: Panel[]; height: number } {
  const columns = Math.max(1, Math.min(facets.length, Math.floor(width / least)));
  const outer = Math.min(most, width / columns);
  const inner = outer - MARGIN.left - MARGIN.right;
  const tall = MARGIN.top + inner * aspect + MARGIN.bottom;
  const panels = facets.map((facet, at) => {
    const left = (at % columns) * outer + MARGIN.left;
    const upper = top + Math.floor(at / columns) * tall + MARGIN.top;
    return { ...facet, left, top: upper, right: left + inner, bottom: upper + inner * aspect };
  });
  return { panels, height: Math.ceil(facets.length / columns) * tall };
}

/** A panel's name, and hatching under what is not real. */
export function panelHead({ name, synthetic, left, top, right, bottom }: Panel): Markup[] {
  const x = left - MARGIN.left;
  const lines = linesOf(name, right - x, FONT, 2);
  return [
    ...(synthetic ? [hatch({ left, top, right, bottom })] : []),
    ...lines.map((text, at) => write(text, { x, y: top - 29 - 14 * (lines.length - 1 - at) }, { "font-weight": 600 })),
  ];
}
