import { boxEntry, type LegendEntry, legend } from "./legend.ts";
import { type Box, emptyPicture, hatch, picture, sized } from "./marks.ts";
import { type Attributes, element, type Markup } from "./markup.ts";
import { colors } from "./theme.ts";
import { FONT, SMALL, tooltip, widthOf, write } from "./words.ts";

/** What has become of jobs, in the order in which it is drawn. */
export const states = ["done", "cached", "running", "failed", "waiting"] as const;

/** Jobs in each state. */
export type Progress = Readonly<Record<(typeof states)[number], number>>;

const fills: Readonly<Record<(typeof states)[number], Attributes>> = {
  done: { fill: colors.done },
  cached: { fill: colors.cached },
  running: { fill: colors.running },
  failed: { fill: colors.failed },
  waiting: { fill: "currentColor", "fill-opacity": 0.15 },
};

/** One bar of all jobs by what has become of them. */
export function plotProgress(
  progress: Progress,
  { title, width = 320, height = 12 }: { title: string; width?: number; height?: number },
): Markup {
  const about = { title, description: said(progress) };
  return picture({ ...about, width, height }, bar(progress, { left: 0, top: 0, right: width, bottom: height }));
}

/** The jobs of one dataset and kind. */
export interface ProgressCell {
  dataset: string;
  kind: string;
  key: string;
  progress: Progress;
}

const ROW = 34;

/** A bar for each dataset and kind of job, with how many are finished. */
export function plotProgressGrid(
  cells: readonly ProgressCell[],
  { title, width = 640 }: { title: string; width?: number },
): Markup {
  const about = {
    title,
    description: "Jobs of each dataset and kind by what has become of them, and how many are finished.",
  };
  if (cells.length === 0) return emptyPicture(about, width);
  const datasets = [...new Set(cells.map(({ dataset }) => dataset))];
  const kinds = [...new Set(cells.map(({ kind }) => kind))];
  const left = Math.min(0.28 * width, 12 + Math.max(...datasets.map((dataset) => widthOf(dataset, FONT))));
  const wide = (width - left) / kinds.length;
  const used = states.filter((state) => cells.some(({ progress }) => progress[state] > 0));
  const above = legend(used.map(entryOf), { left: 0, top: 0, width });
  const top = above.height + 26;
  return picture(
    { ...about, width, height: top + ROW * datasets.length },
    above.marks,
    kinds.map((kind, at) => write(kind, { x: left + wide * at, y: top - 10, size: SMALL, room: wide - 10 })),
    datasets.map((dataset, at) =>
      write(dataset, { x: left - 10, y: top + ROW * at + 14, anchor: "end", room: left - 10 }),
    ),
    cells.map(({ dataset, kind, key, progress }) => {
      const x = left + wide * kinds.indexOf(kind);
      const y = top + ROW * datasets.indexOf(dataset);
      const finished = progress.done + progress.cached;
      const failures = progress.failed === 0 ? "" : `, ${progress.failed} failed`;
      const text = `${finished}/${total(progress)}${failures}`;
      return element(
        "g",
        { "data-key": key },
        tooltip(`${dataset}, ${kind}: ${said(progress)}`),
        bar(progress, { left: x, top: y + 4, right: x + wide - 10, bottom: y + 12 }),
        write(text, { x, y: y + 21, size: 10, room: wide - 10 }),
      );
    }),
  );
}

function entryOf(state: (typeof states)[number]): LegendEntry {
  const { fill } = fills[state];
  if (state === "waiting") return boxEntry(state, "none");
  return boxEntry(state, String(fill), state === "failed" ? struck : undefined);
}

/** Failures are told by more than their colour. */
function struck(box: Box): Markup {
  return hatch(box, { stroke: colors.surface, "stroke-opacity": 0.9, "stroke-width": 1.5 });
}

function bar(progress: Progress, { left, top, right, bottom }: Box): Markup[] {
  const all = total(progress);
  let x = left;
  const parts = states.flatMap((state) => {
    if (progress[state] === 0) return [];
    const from = x;
    x += ((right - left) * progress[state]) / all;
    const box = { left: from, top, right: x, bottom };
    const rect = element(
      "rect",
      { ...sized(box), ...fills[state], "data-state": state },
      tooltip(`${progress[state]} ${state}`),
    );
    return state === "failed" ? [rect, struck(box)] : [rect];
  });
  return all > 0 ? parts : [element("rect", { ...sized({ left, top, right, bottom }), ...fills.waiting })];
}

function total(progress: Progress): number {
  return states.reduce((sum, state) => sum + progress[state], 0);
}

function said(progress: Progress): string {
  const parts = states.filter((state) => progress[state] > 0).map((state) => `${progress[state]} ${state}`);
  return parts.length === 0 ? "no jobs" : `${parts.join(", ")}, of ${total(progress)} jobs`;
}
