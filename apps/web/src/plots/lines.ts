import { axisX, axisY, type Scale, scaleOf } from "./axes.ts";
import { boxEntry, chanceEntry, chanceStroke, type LegendEntry, legend, lineEntry } from "./legend.ts";
import { type About, dot, emptyPicture, hatch, line, pathOf, picture } from "./marks.ts";
import { element, type Markup } from "./markup.ts";
import { layPanels, type Panel, panelHead } from "./panels.ts";
import { seriesLook } from "./theme.ts";
import { countText, tooltip } from "./words.ts";

/** Something measured along an axis. */
export interface Series {
  /** The panel that it is drawn in, a dataset mostly; "" where there is one alone. */
  facet: string;
  name: string;
  /** What it is found by in the picture: `data-key`. */
  key: string;
  synthetic: boolean;
  /** Repeats behind it; null of what is measured once by nature. */
  n: number | null;
  /** In order of x. */
  points: readonly { x: number; y: number; low: number; high: number; note?: string }[];
}

/** What someone else has measured. */
export interface Published {
  facet: string;
  /** Of the line that it is about. */
  series: string;
  x: number;
  y: number;
  note: string;
}

interface Axis {
  label: string;
  domain: readonly [number, number];
  log?: boolean;
}

interface Drawn extends About {
  width: number;
  x: Axis;
  y: Axis;
  /** Height of a panel by its width. */
  aspect: number;
  /** What guessing shows at x. */
  chance: (x: number) => number;
  /** Whether each point is marked. */
  dots: boolean;
}

/** Lines with their bands in panels on common axes, chance dashed, published numbers hollow, one legend above. */
export function plotLines(series: readonly Series[], published: readonly Published[], drawn: Drawn): Markup {
  const { width, x, y, aspect } = drawn;
  const facets = [...new Set([...series, ...published].map(({ facet }) => facet))].map((name) => ({
    name,
    synthetic: series.some((own) => own.facet === name && own.synthetic),
  }));
  if (facets.length === 0) return emptyPicture(drawn, width);
  const names = [
    ...new Set([...series, ...published.map((point) => ({ name: point.series }))].map(({ name }) => name)),
  ];
  const entries = names.map((name, at): LegendEntry => {
    const { color, dash } = seriesLook(at);
    const counts = series.filter((own) => own.name === name).flatMap(({ n }) => n ?? []);
    return lineEntry(counts.length === 0 ? name : `${name} (${countText(counts)})`, color, dash);
  });
  const paper: LegendEntry = {
    label: "the paper's",
    sign: (left, top) => dot(left + 8, top, 0, 4, hollow("currentColor")),
  };
  const made = facets.some(({ synthetic }) => synthetic) ? [boxEntry("SYNTHETIC data", "none", hatch)] : [];
  const above = legend([chanceEntry, ...made, ...(published.length > 0 ? [paper] : []), ...entries], {
    left: 0,
    top: 0,
    width,
  });
  const { panels, height } = layPanels(facets, { width, top: above.height, aspect });
  return picture(
    { ...drawn, width, height: above.height + height },
    above.marks,
    panels.map((panel) => {
      const scales = {
        x: scaleOf(x.domain, [panel.left, panel.right], x.log),
        y: scaleOf(y.domain, [panel.bottom, panel.top], y.log),
      };
      const own = series.filter(({ facet }) => facet === panel.name);
      const look = (name: string) => seriesLook(names.indexOf(name));
      return element(
        "g",
        { "data-facet": panel.name },
        panelHead(panel),
        axisX(scales.x, panel, { label: x.label }),
        // Said once a row.
        axisY(scales.y, panel, panel.left === panels[0]?.left ? { label: y.label } : {}),
        chanceLine(panel, scales.x, scales.y, drawn.chance),
        own.map((one) => seriesMarks(one, look(one.name), scales, { dots: drawn.dots, crowd: own.length })),
        published
          .filter(({ facet }) => facet === panel.name)
          .map((point) =>
            dot(scales.x(point.x), scales.y(point.y), 0, 4, hollow(look(point.series).color), point.note),
          ),
      );
    }),
  );
}

function hollow(color: string) {
  return { fill: "none", stroke: color, "stroke-width": 1.5 };
}

/** Straight where the axes are alike, so that its ends say it all. */
function chanceLine({ left, right }: Panel, x: Scale, y: Scale, chance: (x: number) => number): Markup {
  return line(left, y(chance(x.invert(left))), right, y(chance(x.invert(right))), chanceStroke);
}

type Look = ReturnType<typeof seriesLook>;

function seriesMarks(
  { name, key, n, points }: Series,
  { color, dash }: Look,
  { x, y }: { x: Scale; y: Scale },
  { dots, crowd }: { dots: boolean; crowd: number },
) {
  const middle = points.map((point) => ({ x: x(point.x), y: y(point.y) }));
  const upper = points.map((point) => ({ x: x(point.x), y: y(point.high) }));
  const lower = points.map((point) => ({ x: x(point.x), y: y(point.low) }));
  const [first, ...others] = points;
  return element(
    "g",
    { "data-key": key, "data-series": name },
    tooltip(n === null ? name : `${name}, n = ${n}`),
    first && others.length === 0
      ? line(x(first.x), y(first.low), x(first.x), y(first.high), { stroke: color, "stroke-opacity": 0.5 })
      : [
          element("path", {
            d: pathOf([...upper, ...lower.reverse()]),
            fill: color,
            "fill-opacity": 0.16 / Math.sqrt(crowd),
          }),
          element("path", {
            d: pathOf(middle),
            fill: "none",
            stroke: color,
            "stroke-width": crowd > 24 ? 1 : 1.75,
            "stroke-opacity": crowd > 24 ? 0.6 : undefined,
            "stroke-dasharray": dash,
          }),
        ],
    dots
      ? points.map((point) =>
          dot(x(point.x), y(point.y), 0, 2.5, { fill: color, "data-x": String(point.x) }, point.note),
        )
      : [],
  );
}
