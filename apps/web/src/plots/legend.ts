import { line, sized } from "./marks.ts";
import { element, type Markup } from "./markup.ts";
import { SMALL, shortened, widthOf, write } from "./words.ts";

/** A sign, drawn in the 16 pixels right of x around y, and what it means. */
export interface LegendEntry {
  label: string;
  sign: (x: number, y: number) => Markup | Markup[];
}

const SIGN = 16;
const GAP = 18;
const ROW = 18;
/** A legend of hundreds is not read: the others say what they are when pointed at. */
const MOST = 24;

/** Entries side by side in as many rows as they need. */
export function legend(
  entries: readonly LegendEntry[],
  { left, top, width }: { left: number; top: number; width: number },
) {
  const more = entries.length - MOST;
  const shown = more > 1 ? [...entries.slice(0, MOST), { label: `and ${more} more`, sign: () => [] }] : entries;
  let [x, y] = [left, top + ROW / 2];
  const marks = shown.flatMap(({ label, sign }) => {
    const text = shortened(label, width - SIGN - 6, SMALL);
    const length = SIGN + 6 + widthOf(text, SMALL);
    if (x > left && x + length > left + width) [x, y] = [left, y + ROW];
    const written = write(label, { x: x + SIGN + 6, y, size: SMALL, room: width - SIGN - 6 });
    const drawn = [...[sign(x, y)].flat(), written];
    x += length + GAP;
    return drawn;
  });
  return { marks, height: shown.length === 0 ? 0 : y + ROW / 2 - top };
}

/** The dashed line that every plot of a metric has. */
export const chanceEntry: LegendEntry = {
  label: "chance",
  sign: (x, y) => line(x, y, x + SIGN, y, chanceStroke),
};

export const chanceStroke = { "stroke-dasharray": "4 3", "stroke-opacity": 0.8 };

export function lineEntry(label: string, color: string, dash?: string): LegendEntry {
  return {
    label,
    sign: (x, y) => line(x, y, x + SIGN, y, { stroke: color, "stroke-width": 2, "stroke-dasharray": dash }),
  };
}

export function boxEntry(
  label: string,
  fill: string,
  over?: (box: { left: number; top: number; right: number; bottom: number }) => Markup,
): LegendEntry {
  return {
    label,
    sign: (x, y) => {
      const box = { left: x + 2, top: y - 6, right: x + 14, bottom: y + 6 };
      return [
        element("rect", { ...sized(box), fill, stroke: "currentColor", "stroke-opacity": 0.4 }),
        ...(over ? [over(box)] : []),
      ];
    },
  };
}
