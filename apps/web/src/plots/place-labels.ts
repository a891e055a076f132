import type { Box } from "./marks.ts";
import { widthOf } from "./words.ts";

/** A dot that is to be named. */
interface Anchor {
  x: number;
  y: number;
  /** What may be written, the best first. */
  texts: readonly string[];
}

/** Where a name is written: the middle of its line at the start or the end of the text. */
interface Label {
  text: string;
  x: number;
  y: number;
  textAnchor: "start" | "end";
  /** Of a name that is not beside its dot: a line must lead to it. */
  leader: boolean;
}

interface Surroundings {
  /** All dots, the named ones too. */
  dots: readonly { x: number; y: number }[];
  /** What a name covers only where nothing else is free: lines that would strike it through, which come last … */
  lines: readonly Box[];
  /** … and lines that only cross it. */
  crossing: readonly Box[];
  /** What is written already. */
  texts: readonly Box[];
  frame: Box;
  fontSize: number;
}

/** Half of what a dot takes, and of the room in which a name without a leader would be taken for another dot's. */
const DOT = 6;
const ROOM = 15;

/**
 * Names beside their dots, in the order given: each at the first place that covers nothing, going around the dot and
 * then away from it; if there is none, at the first that covers lines alone, rather crossing ones. A name that would
 * cover a dot or another name wherever it is put is left out (null).
 */
export function placeLabels(
  anchors: readonly Anchor[],
  { dots, lines, crossing, texts, frame, fontSize }: Surroundings,
): (Label | null)[] {
  const written = [...texts];
  return anchors.map((anchor) => {
    const others = dots.filter(({ x, y }) => Math.hypot(x - anchor.x, y - anchor.y) > DOT / 2);
    const own = around(anchor, DOT);
    const near = [own, ...others.map((dot) => around(dot, ROOM))];
    const crowded = [own, ...others.map((dot) => around(dot, DOT))];
    for (const avoided of [[...lines, ...crossing], lines, []]) {
      for (const label of candidates(anchor)) {
        const box = boxOf(label, fontSize);
        const covers = (boxes: readonly Box[]) => boxes.some((other) => overlap(box, other));
        if (!inside(box, frame) || [written, label.leader ? crowded : near, avoided].some(covers)) continue;
        written.push(box);
        return label;
      }
    }
    return null;
  });
}

function candidates({ x, y, texts }: Anchor): Label[] {
  return offsets.flatMap(([dx, dy, leader]) =>
    texts.map((text) => ({ text, x: x + dx, y: y + dy, textAnchor: dx > 0 ? "start" : "end", leader }) as const),
  );
}

/** To the sides first, where a name reads as the dot's own. */
const offsets: readonly (readonly [number, number, boolean])[] = [
  ...[10, -10].map((dx) => [dx, 0, false] as const),
  ...[-12, 12].flatMap((dy) => [6, -6].map((dx) => [dx, dy, false] as const)),
  ...[24, 36, 50, 66].flatMap((away) =>
    [-1, 1, -0.5, 0.5].flatMap((dy) => [0.5, -0.5, 1, -1].map((dx) => [away * dx, away * dy, true] as const)),
  ),
];

/** What a label covers. */
function boxOf({ text, x, y, textAnchor }: Label, fontSize: number): Box {
  const width = widthOf(text, fontSize);
  const left = textAnchor === "start" ? x : x - width;
  return { left, right: left + width, top: y - 0.6 * fontSize, bottom: y + 0.6 * fontSize };
}

function around({ x, y }: { x: number; y: number }, by: number): Box {
  return { left: x - by, right: x + by, top: y - by, bottom: y + by };
}

function inside(box: Box, frame: Box): boolean {
  return box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
}

function overlap(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
