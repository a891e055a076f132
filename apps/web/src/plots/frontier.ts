import { axisX, axisY, domainOf, type Estimate, LEFT, type Scale, scaleOf } from "./axes.ts";
import { chanceEntry, chanceStroke, type LegendEntry, legend } from "./legend.ts";
import { type Box, dot, emptyPicture, line, pathOf, picture } from "./marks.ts";
import { element, type Markup } from "./markup.ts";
import { placeLabels } from "./place-labels.ts";
import { colors, halo, seriesLook } from "./theme.ts";
import { countText, SMALL, shortNumber, widthOf, write } from "./words.ts";

/** One defense with its parameters. */
export interface FrontierDot {
  /** What it is found by in the picture: `data-key`. */
  key: string;
  /** The defense, which gives colour and shape. */
  family: string;
  /** The parameters that tell it from others of the family; empty when nothing must. */
  strength: string;
  /** Dots of one line are joined, in the order given. */
  line: string;
  undefended: boolean;
  accuracy: Estimate;
  leak: Estimate;
  /** Repeats. */
  n: number;
  /** Whether no other beats it. */
  pareto: boolean;
  /** Shown when it is pointed at. */
  note: string;
}

interface Options {
  title: string;
  leakLabel: string;
  chance: number;
  width?: number;
  /** The least test accuracy that is looked for; dots below it are only hinted at. */
  least?: number;
}

/**
 * Test accuracy against leakage. Filled dots are the Pareto set, joined by the line that says how accurate a model can be
 * that leaks at most so much; hollow ones are beaten by another. What is cut at the frame is an interval, never a dot.
 */
export function plotFrontier(
  dots: readonly FrontierDot[],
  { title, leakLabel, chance, width = 640, least = 0 }: Options,
): Markup {
  const below = least <= 0 ? "" : ` Faded: test accuracy below ${least}.`;
  const about = {
    title,
    description: `Test accuracy (right is better) against ${leakLabel} (down is better), with 95 % intervals. Filled: the Pareto set, joined; hollow: beaten by another; star: undefended. Dashed: chance.${below}`,
  };
  if (dots.length === 0) return emptyPicture(about, width);
  const families = [...new Set(dots.filter(({ undefended }) => !undefended).map(({ family }) => family))];
  const undefended = dots.filter((own) => own.undefended);
  const counts = (family: string) => countText(dots.filter((own) => own.family === family).map(({ n }) => n));
  const look = (own: { family: string; undefended: boolean }): Look =>
    own.undefended ? star : dotLook(families.indexOf(own.family));
  const entries: LegendEntry[] = [
    chanceEntry,
    ...(undefended.length > 0 ? [entryOf(`${UNDEFENDED} (${countText(undefended.map(({ n }) => n))})`, star)] : []),
    ...families.map((family, at) => entryOf(`${family} (${counts(family)})`, dotLook(at))),
  ];
  const above = legend(entries, { left: 0, top: 0, width });
  const frame = {
    left: LEFT,
    right: width - RIGHT,
    top: above.height + 26,
    bottom: above.height + 26 + Math.min(360, 0.8 * width),
  };
  const x = accuracyScale(dots, width);
  const y = scaleOf(
    domainOf(
      dots.map(({ leak }) => leak),
      chance,
    ),
    [frame.bottom, frame.top],
  );
  const placed = dots
    .map((own) => ({
      ...own,
      x: x(own.accuracy.mean),
      y: y(own.leak.mean),
      reach: reachOf(own, x, y),
      look: look(own),
      faded: own.accuracy.mean < least,
    }))
    // The undefended model is drawn over what has its place.
    .sort((one, other) => Number(one.undefended) - Number(other.undefended));
  const pareto = placed.filter((own) => own.pareto).sort((one, other) => other.y - one.y || one.x - other.x);
  const steps = stepsOf(pareto, frame.left, frame);
  const lines = [...new Set(placed.map((own) => own.line))].map((name) => placed.filter((own) => own.line === name));
  const guessing = y(chance);
  const bound = least <= 0 ? null : boundOf(least, x, frame);
  return picture(
    { ...about, width, height: frame.bottom + 42 },
    above.marks,
    axisX(x, frame, { label: "test accuracy (right is better)" }),
    axisY(y, frame, { label: `${leakLabel} (down is better)` }),
    line(frame.left, guessing, frame.right, guessing, chanceStroke),
    bound ? element("path", { d: pathOf(steps), ...stepStroke, opacity: FADED }) : [],
    element("path", {
      d: pathOf(bound ? stepsOf(pareto.filter(isSought), x(least), frame) : steps),
      ...stepStroke,
    }),
    lines
      .filter((own) => own.length > 1)
      .flatMap((own) => {
        const style = { fill: "none", stroke: own[0]?.look.color, "data-line": own[0]?.line };
        if (own.every(isSought)) return [element("path", { d: pathOf(own), ...style })];
        const sought = pathOf(own.map((at) => ({ x: at.x, y: isSought(at) ? at.y : null })));
        return [
          element("path", { d: pathOf(own), ...style, opacity: FADED }),
          ...(sought.includes("L") ? [element("path", { d: sought, ...style })] : []),
        ];
      }),
    placed.flatMap(({ x: at, y: height, reach, look: { color }, faded }) => {
      const style = { stroke: color, "stroke-opacity": faded ? 0.4 * FADED : 0.4 };
      return [line(reach.left, height, reach.right, height, style), line(at, reach.top, at, reach.bottom, style)];
    }),
    placed.map((own) => {
      const { color, shape } = own.look;
      const style = { stroke: color, "stroke-width": 1.5, fill: own.pareto ? color : "none", "data-key": own.key };
      return dot(own.x, own.y, shape, 4.5, { ...style, opacity: own.faded ? FADED : undefined }, own.note);
    }),
    bound?.marks ?? [],
    labelsOf(placed, steps, guessing, frame, bound),
  );
}

/** Where accuracies are in a picture of so much width; what is pointed at is an accuracy by it too. */
export function accuracyScale(dots: readonly FrontierDot[], width: number): Scale {
  return scaleOf(domainOf(dots.map(({ accuracy }) => accuracy)), [LEFT, width - RIGHT]);
}

const RIGHT = 14;
const FADED = 0.3;
const stepStroke = { fill: "none", stroke: "currentColor", "stroke-width": 1.5, "stroke-opacity": 0.6 };
const UNDEFENDED = "undefended";

interface Look {
  color: string;
  shape: number | "star";
}

const star: Look = { color: "currentColor", shape: "star" };

type Point = { x: number; y: number };
type Placed = FrontierDot & Point & { reach: Box; look: Look; faded: boolean };

function isSought({ faded }: Placed): boolean {
  return !faded;
}

function dotLook(index: number): Look {
  const { color, shape } = seriesLook(index);
  return { color, shape };
}

function entryOf(label: string, { color, shape }: Look): LegendEntry {
  return { label, sign: (x, y) => dot(x + 8, y, shape, 4.5, { fill: color }) };
}

/** The intervals, which may reach far beyond what is worth showing. */
function reachOf({ accuracy, leak }: FrontierDot, x: Scale, y: Scale): Box {
  return { left: x(accuracy.low), right: x(accuracy.high), top: y(leak.high), bottom: y(leak.low) };
}

/** The corners of the line under which no defense comes, from `left` to the top of the frame; `pareto` from the least leak on. */
function stepsOf(pareto: readonly Point[], left: number, frame: Box): Point[] {
  let x = left;
  const corners = pareto.flatMap(({ x: next, y }) => {
    const before = { x, y };
    x = next;
    return [before, { x, y }];
  });
  return corners.length === 0 ? [] : [...corners, { x, y: frame.top }];
}

interface Bound {
  marks: Markup[];
  /** What they cover. */
  line: Box;
  text: Box;
}

/** The line from which on defenses are looked for, where it is in the frame, and its number at the top, on the side that has room. */
function boundOf(least: number, scale: Scale, frame: Box): Bound {
  const [low = 0, high = 1] = scale.domain();
  const x = scale(least);
  const words = `≥ ${shortNumber(least)}`;
  const wide = widthOf(words, SMALL);
  const left = x + 5 + wide <= frame.right ? x + 5 : x - 5 - wide;
  const y = frame.top + SMALL / 2;
  const style = { "data-least": String(least), stroke: colors.accent, "stroke-width": 1.5 };
  return {
    marks: [
      ...(low <= least && least <= high ? [line(x, frame.top, x, frame.bottom, style)] : []),
      write(words, { x: left, y, size: SMALL }, { ...halo, "font-weight": 600 }),
    ],
    line: spanning({ x, y: frame.top }, { x, y: frame.bottom }),
    text: { left, right: left + wide, top: y - SMALL / 2, bottom: y + SMALL / 2 },
  };
}

/** Names of the Pareto set and of the undefended model, clear of dots, lines and each other; the rest has the legend. */
function labelsOf(
  placed: readonly Placed[],
  steps: readonly Point[],
  guessing: number,
  frame: Box,
  bound: Bound | null,
): Markup[] {
  const stacks = stacksOf(placed);
  const named = stacks.flatMap((stack) => {
    const own = stack.find(({ undefended }) => undefended) ?? stack.find(({ pareto }) => pareto);
    return own ? [{ ...own, others: stack.length - 1 }] : [];
  });
  const places = placeLabels(
    named.map(({ x, y, family, strength, undefended, others }) => {
      const more = others === 0 ? "" : ` and ${others} other${others === 1 ? "" : "s"}`;
      const name = undefended ? UNDEFENDED : family;
      const texts = strength === "" ? [name] : [`${name} ${strength}`, strength];
      return { x, y, texts: texts.map((text) => text + more) };
    }),
    {
      dots: stacks.map(([first]) => first),
      lines: [
        ...steps.slice(1).map((to, before) => spanning(steps[before] as Point, to)),
        ...placed.map(({ y, reach }) => spanning({ x: reach.left, y }, { x: reach.right, y })),
        spanning({ x: frame.left, y: guessing }, { x: frame.right, y: guessing }),
      ],
      crossing: [
        ...placed.map(({ x, reach }) => spanning({ x, y: reach.top }, { x, y: reach.bottom })),
        ...(bound ? [bound.line] : []),
      ],
      texts: bound ? [bound.text] : [],
      frame,
      fontSize: SMALL,
    },
  );
  return named.flatMap((own, index) => {
    const place = places[index];
    if (!place) return [];
    const opacity = own.faded ? FADED : undefined;
    const name = write(
      place.text,
      { x: place.x, y: place.y, anchor: place.textAnchor, size: SMALL },
      { ...halo, opacity },
    );
    return place.leader ? [line(own.x, own.y, place.x, place.y, { "stroke-opacity": 0.4, opacity }), name] : [name];
  });
}

/** Dots that cover each other, as those of defenses that change nothing which the strongest attack looks at. */
function stacksOf(placed: readonly Placed[]): [Placed, ...Placed[]][] {
  const stacks: [Placed, ...Placed[]][] = [];
  for (const own of placed) {
    const stack = stacks.find(([first]) => Math.hypot(first.x - own.x, first.y - own.y) < 3);
    if (stack) stack.push(own);
    else stacks.push([own]);
  }
  return stacks;
}

/** What a straight line covers. */
function spanning(from: Point, to: Point): Box {
  return {
    left: Math.min(from.x, to.x) - 1,
    right: Math.max(from.x, to.x) + 1,
    top: Math.min(from.y, to.y) - 1,
    bottom: Math.max(from.y, to.y) + 1,
  };
}
