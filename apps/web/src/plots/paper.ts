import { axisX, scaleOf } from "./axes.ts";
import { boxEntry, chanceStroke, type LegendEntry, legend } from "./legend.ts";
import { dot, emptyPicture, hatch, line, picture, sized } from "./marks.ts";
import { element, type Markup } from "./markup.ts";
import { colors } from "./theme.ts";
import { linesOf, SMALL, tooltip, widthOf, write } from "./words.ts";

/** A published number and ours. */
export interface PaperRow {
  label: string;
  key: string;
  synthetic: boolean;
  theirs: number;
  /** How far apart the two may be. */
  within?: number;
  /** Null where we have none. */
  ours: { mean: number; low: number; high: number } | null;
  /** Repeats. */
  n: number;
}

const ROW = 28;

/** The paper's numbers (hollow) beside ours (filled, with 95 % intervals): a row each, shaded as far as the two may be apart. */
export function plotPaper(
  rows: readonly PaperRow[],
  { title, metric, chance, width = 640 }: { title: string; metric: string; chance: number | null; width?: number },
): Markup {
  const about = {
    title,
    description: `${metric}: hollow the paper's, filled ours with the 95 % interval over n repeats, shaded the tolerance, and the difference in numbers.`,
  };
  if (rows.length === 0) return emptyPicture(about, width);
  const left = Math.min(0.36 * width, 14 + Math.max(...rows.map(({ label }) => widthOf(label, SMALL))));
  const notes = rows.map(noteOf);
  const right = width - 14 - Math.max(...notes.map((note) => widthOf(note, SMALL)));
  const values = rows.flatMap(({ theirs, within = 0, ours }) => [
    theirs - within,
    theirs + within,
    ...(ours ? [ours.mean] : []),
  ]);
  const [least, most] = [Math.min(...values, chance ?? 1), Math.max(...values, chance ?? 0)];
  const edge = Math.max(0.02, 0.08 * (most - least));
  const entries: LegendEntry[] = [
    { label: "the paper's", sign: (x, y) => dot(x + 8, y, 0, 4.5, hollow) },
    { label: "ours", sign: (x, y) => dot(x + 8, y, 0, 4, { fill: colors.accent }) },
    ...(rows.some(({ within }) => within !== undefined)
      ? [boxEntry("tolerance", "none", (box) => element("rect", { ...sized(box), ...shade }))]
      : []),
    ...(rows.some(({ synthetic }) => synthetic)
      ? [
          {
            label: "ours, SYNTHETIC data",
            sign: (x: number, y: number) => dot(x + 8, y, 1, 4, { fill: colors.accent }),
          },
          boxEntry("SYNTHETIC data", "none", hatch),
        ]
      : []),
    ...(chance === null
      ? []
      : [{ label: "chance", sign: (x: number, y: number) => line(x + 8, y - 7, x + 8, y + 7, chanceStroke) }]),
  ];
  const above = legend(entries, { left: 0, top: 0, width });
  const top = above.height + 8;
  const box = { left, top, right: Math.max(left + 60, right), bottom: top + ROW * rows.length };
  const x = scaleOf([least - edge, most + edge], [box.left, box.right]);
  return picture(
    { ...about, width, height: box.bottom + 42 },
    above.marks,
    axisX(x, box, { label: metric }),
    chance === null ? [] : line(x(chance), box.top, x(chance), box.bottom, chanceStroke),
    rows.map((row, at) => {
      const { label, key, synthetic, theirs, within, ours } = row;
      const y = box.top + ROW * (at + 0.5);
      const names = linesOf(label, left - 10, SMALL, 2);
      const band =
        within === undefined
          ? null
          : { left: x(theirs - within), right: x(theirs + within), top: y - 8, bottom: y + 8 };
      return element(
        "g",
        { "data-key": key },
        tooltip(`${label}: paper ${theirs.toFixed(3)}, ours ${ours?.mean.toFixed(3) ?? "n/a"} (${notes[at]})`),
        names.map((text, line) => write(text, { x: 0, y: y + 12 * (line - (names.length - 1) / 2), size: SMALL })),
        synthetic ? hatch({ ...box, top: y - ROW / 2 + 1, bottom: y + ROW / 2 - 1 }) : [],
        band ? element("rect", { ...sized(band), ...shade }) : [],
        ours
          ? [
              line(x(ours.low), y, x(ours.high), y, { stroke: colors.accent, "stroke-width": 1.5 }),
              dot(x(ours.mean), y, synthetic ? 1 : 0, 4, { fill: colors.accent }),
            ]
          : [],
        dot(x(theirs), y, 0, 4.5, hollow),
        write(notes[at] as string, { x: box.right + 10, y, size: SMALL }),
      );
    }),
  );
}

const hollow = { fill: "none", stroke: "currentColor", "stroke-width": 1.75 };
const shade = { fill: "currentColor", "fill-opacity": 0.14 };

function noteOf({ theirs, within, ours, n }: PaperRow): string {
  if (ours === null) return "no result";
  const difference = ours.mean - theirs;
  const signed = `${difference < 0 ? "−" : "+"}${Math.abs(difference).toFixed(3)}`;
  const verdict = within === undefined ? "" : Math.abs(difference) <= within ? " within" : " BEYOND";
  return `${signed}${verdict}, n ${n}`;
}
