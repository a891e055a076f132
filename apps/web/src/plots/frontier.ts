import * as Plot from "@observablehq/plot";
import { colors, draw } from "./draw.ts";
import { type Box, placeLabels } from "./place-labels.ts";

interface Estimate {
  mean: number;
  low: number;
  high: number;
}

/** One defense with its parameters. */
export interface FrontierDot {
  /** The defense, which gives colour and shape. */
  family: string;
  /** The parameters that tell it from others of the family; empty when nothing must. */
  strength: string;
  /** Dots of one line are joined, in the order given. */
  line: string;
  undefended: boolean;
  accuracy: Estimate;
  leak: Estimate;
  /** Whether no other beats it. */
  pareto: boolean;
  /** Shown when it is pointed at. */
  note: string;
}

const WIDTH = 640;
const HEIGHT = 400;
const MARGIN = { marginLeft: 52, marginRight: 162, marginTop: 16, marginBottom: 42 };
const FONT = 11;
/** Shapes that can be filled and hollow. The star is the undefended model's. */
const symbols = ["circle", "square", "triangle", "diamond", "cross", "wye"] as const;
/** Without the text's own colour, which is the undefended model's, and without yellow, which is lost on white. */
const palette = colors.series.slice(0, 6);

/**
 * Test accuracy against leakage. Filled dots are the Pareto set, joined by the line that says how accurate a model can be
 * that leaks at most so much; hollow ones are beaten by another. What is cut at the frame is an interval, never a dot.
 */
export function plotFrontier(
  dots: readonly FrontierDot[],
  { leakLabel, chance }: { leakLabel: string; chance: number },
  document: Document,
): Element {
  const x = domainOf(
    dots.map(({ leak }) => leak),
    chance,
  );
  const y = domainOf(dots.map(({ accuracy }) => accuracy));
  const scale = scaleOf(x, y);
  const families = [...new Set(dots.filter(({ undefended }) => !undefended).map(({ family }) => family))];
  const legend = [...(dots.some(({ undefended }) => undefended) ? [UNDEFENDED] : []), ...families];
  // The undefended model is drawn over what has its place.
  const inOrder = [...dots].sort((one, other) => Number(one.undefended) - Number(other.undefended));
  const placed = inOrder.map((dot) => ({
    ...dot,
    family: dot.undefended ? UNDEFENDED : dot.family,
    at: dot.leak.mean,
    height: dot.accuracy.mean,
    // Intervals may reach far beyond what is worth showing.
    left: Math.max(x[0], dot.leak.low),
    right: Math.min(x[1], dot.leak.high),
    bottom: Math.max(y[0], dot.accuracy.low),
    top: Math.min(y[1], dot.accuracy.high),
  }));
  const pareto = placed
    .filter((dot) => dot.pareto)
    .sort((one, other) => one.at - other.at || one.height - other.height);
  const steps = stepsOf(pareto, x[1], y[0]);
  const labels = labelsOf(placed, steps, chance, scale);
  const channels = {
    x: "at",
    y: "height",
    symbol: "family",
    stroke: "family",
    title: "note",
    r: 4.5,
    strokeWidth: 1.5,
  };
  const thin = { stroke: "family", strokeWidth: 1, strokeOpacity: 0.4 };
  return draw(
    {
      ariaLabel: `Test accuracy against ${leakLabel}`,
      ...{ width: WIDTH, height: HEIGHT, ...MARGIN },
      x: { label: `${leakLabel} (left is better)`, labelArrow: "none", domain: x, ticks: 6, grid: true },
      y: { label: "test accuracy", domain: y, ticks: 6, grid: true },
      color: { domain: legend, range: legend.map((family) => colorOf(family, families)) },
      symbol: { domain: legend, range: legend.map((family) => symbolOf(family, families)) },
      marks: [
        Plot.ruleX([chance], { strokeDasharray: "4 3" }),
        Plot.text([chance], {
          x: (value) => value,
          text: () => "chance",
          frameAnchor: "top",
          textAnchor: "start",
          dx: 4,
          dy: 8,
          fontSize: FONT,
          fillOpacity: 0.7,
        }),
        Plot.line(steps, { x: "at", y: "height", strokeWidth: 1.5, strokeOpacity: 0.6, ariaDescription: "Pareto set" }),
        Plot.line(placed, {
          x: "at",
          y: "height",
          z: "line",
          stroke: "family",
          strokeWidth: 1,
          ariaDescription: "strengths",
        }),
        Plot.ruleY(placed, { x1: "left", x2: "right", y: "height", ...thin }),
        Plot.ruleX(placed, { x: "at", y1: "bottom", y2: "top", ...thin }),
        Plot.dot(
          placed.filter((dot) => !dot.pareto),
          { ...channels, ariaDescription: "beaten" },
        ),
        Plot.dot(pareto, { ...channels, fill: "family", ariaDescription: "Pareto set" }),
        Plot.link(
          labels.filter(({ leader }) => leader),
          { x1: "at", y1: "height", x2: "toX", y2: "toY", strokeOpacity: 0.4 },
        ),
        ...(["start", "end"] as const).map((textAnchor) =>
          Plot.text(
            labels.filter((label) => label.textAnchor === textAnchor),
            { x: "toX", y: "toY", text: "text", textAnchor, fontSize: FONT },
          ),
        ),
        ...legendMarks(legend, scale),
      ],
    },
    document,
  );
}

const UNDEFENDED = "undefended";

/** Every mean, and as much of the intervals as leaves room for the means. */
function domainOf(estimates: readonly Estimate[], ...others: readonly number[]): [number, number] {
  const means = [...estimates.map(({ mean }) => mean), ...others];
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const reach = Math.max(0.02, 0.3 * (high - low));
  const edge = Math.max(0.01, 0.08 * (high - low));
  const from = Math.max(low - reach, Math.min(low - edge, ...estimates.map((own) => own.low)));
  const to = Math.min(high + reach, Math.max(high + edge, ...estimates.map((own) => own.high)));
  return [from, to];
}

/** From a value to its pixel, and back. */
function scaleOf([left, right]: readonly [number, number], [bottom, top]: readonly [number, number]) {
  const frame = {
    left: MARGIN.marginLeft,
    right: WIDTH - MARGIN.marginRight,
    top: MARGIN.marginTop,
    bottom: HEIGHT - MARGIN.marginBottom,
  };
  const perX = (frame.right - frame.left) / (right - left);
  const perY = (frame.bottom - frame.top) / (top - bottom);
  return {
    frame,
    x: (value: number) => frame.left + (value - left) * perX,
    y: (value: number) => frame.bottom - (value - bottom) * perY,
    valueX: (pixel: number) => left + (pixel - frame.left) / perX,
    valueY: (pixel: number) => bottom + (frame.bottom - pixel) / perY,
  };
}

type Scale = ReturnType<typeof scaleOf>;
type Place = { at: number; height: number };
type Placed = FrontierDot & Place & { left: number; right: number; bottom: number; top: number };

/** The corners of the line over the Pareto set, from the bottom of the frame to its right edge. */
function stepsOf(pareto: readonly Place[], right: number, bottom: number): Place[] {
  let height = bottom;
  const corners = pareto.flatMap(({ at, height: next }) => {
    const before = { at, height };
    height = next;
    return [before, { at, height }];
  });
  return corners.length === 0 ? [] : [...corners, { at: right, height }];
}

/** Names of the Pareto set and of the undefended model, clear of dots, lines and each other; the rest has the legend. */
function labelsOf(placed: readonly Placed[], steps: readonly Place[], chance: number, scale: Scale) {
  const { frame } = scale;
  const stacks = stacksOf(placed, scale);
  const named = stacks.flatMap((stack) => {
    const dot = stack.find(({ undefended }) => undefended) ?? stack.find(({ pareto }) => pareto);
    return dot ? [{ ...dot, others: stack.length - 1 }] : [];
  });
  const places = placeLabels(
    named.map(({ at, height, family, strength, others }) => {
      const more = others === 0 ? "" : ` and ${others} other${others === 1 ? "" : "s"}`;
      const texts = strength === "" ? [family] : [`${family} ${strength}`, strength];
      return { x: scale.x(at), y: scale.y(height), texts: texts.map((text) => text + more) };
    }),
    {
      dots: stacks.map(([{ at, height }]) => ({ x: scale.x(at), y: scale.y(height) })),
      lines: [
        ...steps.slice(1).map((to, before) => spanning(steps[before] as Place, to, scale)),
        ...placed.map(({ height, left, right }) => spanning({ at: left, height }, { at: right, height }, scale)),
      ],
      crossing: [
        ...placed.map(({ at, bottom, top }) => spanning({ at, height: bottom }, { at, height: top }, scale)),
        { left: scale.x(chance) - 1, right: scale.x(chance) + 1, top: frame.top, bottom: frame.bottom },
      ],
      texts: [{ left: scale.x(chance), right: scale.x(chance) + 46, top: frame.top, bottom: frame.top + 16 }],
      frame,
      fontSize: FONT,
    },
  );
  return named.flatMap((dot, index) => {
    const place = places[index];
    return place ? [{ ...dot, ...place, toX: scale.valueX(place.x), toY: scale.valueY(place.y) }] : [];
  });
}

/** Dots that cover each other, as those of defenses that change nothing which the strongest attack looks at. */
function stacksOf(placed: readonly Placed[], scale: Scale): [Placed, ...Placed[]][] {
  const stacks: [Placed, ...Placed[]][] = [];
  for (const dot of placed) {
    const stack = stacks.find(
      ([first]) => Math.hypot(scale.x(first.at) - scale.x(dot.at), scale.y(first.height) - scale.y(dot.height)) < 3,
    );
    if (stack) stack.push(dot);
    else stacks.push([dot]);
  }
  return stacks;
}

/** One stretch of the step line. */
function spanning(from: Place, to: Place, scale: Scale): Box {
  const xs = [scale.x(from.at), scale.x(to.at)];
  const ys = [scale.y(from.height), scale.y(to.height)];
  return {
    left: Math.min(...xs) - 1,
    right: Math.max(...xs) + 1,
    top: Math.min(...ys) - 1,
    bottom: Math.max(...ys) + 1,
  };
}

function legendMarks(legend: readonly string[], scale: Scale): Plot.Markish[] {
  const row = Math.min(17, (scale.frame.bottom - scale.frame.top) / legend.length);
  const rows = legend.map((family, at) => ({
    family,
    at: scale.valueX(scale.frame.right + 16),
    height: scale.valueY(scale.frame.top + 8 + row * at),
  }));
  const place = { x: "at", y: "height" };
  return [
    Plot.dot(rows, { ...place, symbol: "family", stroke: "family", fill: "family", r: 4.5 }),
    Plot.text(rows, { ...place, text: "family", textAnchor: "start", dx: 12, fontSize: FONT }),
  ];
}

function colorOf(family: string, families: readonly string[]): string {
  return family === UNDEFENDED ? "currentColor" : (palette[families.indexOf(family) % palette.length] as string);
}

/** Another one on each round through the colours, so that 36 defenses differ. */
function symbolOf(family: string, families: readonly string[]): string {
  const at = families.indexOf(family);
  const round = Math.floor(at / palette.length);
  return family === UNDEFENDED ? "star" : (symbols[(at + round) % symbols.length] as string);
}
