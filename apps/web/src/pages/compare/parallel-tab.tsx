import type { groupsSchema } from "@shadowfarm/core/api/results";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { Menu } from "../../parts/menu.tsx";
import { Plot } from "../../parts/plot.tsx";
import { Range } from "../../parts/range.tsx";
import { valueText } from "../../parts/words.ts";
import { type Brushes, type Dimension, type ParallelRow, parallelAxes, plotParallel } from "../../plots/parallel.ts";
import { queries } from "../../queries.ts";
import { Drawn } from "./drawn.tsx";
import { MetricChoice } from "./metric-choice.tsx";
import { NoResults } from "./no-results.tsx";
import { differing, dimensionsOf } from "./settings.ts";
import type { TabProps } from "./tab.ts";
import { comparable } from "./view.ts";

type Group = z.output<typeof groupsSchema>["groups"][number];

/** Lines that a picture has room for. */
const MOST = 2_000;
/** How near an axis must be for a drag to be meant for it, in pixels. */
const NEAR = 30;

/** Which setting of many: every combination as a line, brushed along the axes. */
export function ParallelTab({ view, filters, change }: TabProps) {
  const { metric } = view;
  const query = useQuery({
    ...queries.groups({ ...filters, metric: [...new Set([metric, "testAccuracy"])], limit: MOST }),
    placeholderData: keepPreviousData,
  });
  return (
    <Drawn query={query} filters={filters} change={change}>
      {({ groups }) => {
        if (groups.length === 0) return <NoResults filters={filters} />;
        const possible = differing(groups.map(({ by }) => by));
        const chosen = view.axes.length > 0 ? view.axes : possible.slice(0, 6);
        const dimensions = [...chosen.map(named), named("testAccuracy"), measured(metric)];
        const brushes = brushesIn(view.brush);
        const rows = groups.map((group) => rowOf(group, dimensions, brushes));
        const brush = (name: string, from: number, to: number) => {
          const others = view.brush.filter((own) => !own.startsWith(`${name}~`));
          change({ brush: from === to ? others : [...others, `${name}~${from}~${to}`] });
        };
        return (
          <>
            <div className="filters row">
              <MetricChoice view={view} change={change} />
              <Menu label="Axes">
                {possible.map((name) => (
                  <label key={name}>
                    <input
                      type="checkbox"
                      checked={chosen.includes(name)}
                      onChange={() =>
                        change({ axes: possible.filter((own) => chosen.includes(own) !== (own === name)) })
                      }
                    />{" "}
                    {name}
                  </label>
                ))}
              </Menu>
              <Menu label="Ranges">
                {dimensions
                  .filter(({ name }) => rows.some(({ values }) => typeof values[name] === "number"))
                  .map(({ name, label }) => (
                    <Range
                      key={name}
                      label={label}
                      from={brushes[name]?.[0]}
                      to={brushes[name]?.[1]}
                      closed
                      onRange={(from = 0, to = 0) => brush(name, from, to)}
                    />
                  ))}
              </Menu>
              {view.brush.length > 0 && (
                <button type="button" className="quiet" onClick={() => change({ brush: [] })}>
                  Clear ranges
                </button>
              )}
            </div>
            <Plot
              name={`parallel-${metric}`}
              draw={(width) => plotParallel(rows, dimensions, { title: "Every combination", width, brushes })}
              onDrag={(from, to, width) => {
                const { axes } = parallelAxes(rows, dimensions, width);
                const axis = axes.find(({ x, scale }) => scale && Math.abs(x - from.x) < NEAR);
                if (!axis?.scale) return;
                const ends = [axis.scale.invert(from.y), axis.scale.invert(to.y)].map((end) =>
                  Number(end.toPrecision(4)),
                );
                brush(axis.name, Math.min(...ends), Math.max(...ends));
              }}
            />
            <p className="faint">Drag along an axis of numbers to look for a stretch of it; click on it to let go.</p>
          </>
        );
      }}
    </Drawn>
  );
}

function named(name: string): Dimension {
  return name === "testAccuracy" ? { name, label: "test accuracy" } : { name, label: name };
}

function measured(metric: keyof typeof comparable): Dimension {
  return { name: metric, label: comparable[metric].title, chance: comparable[metric].chance };
}

function brushesIn(texts: readonly string[]): Brushes {
  return Object.fromEntries(
    texts.map((text) => {
      const [name = "", from, to] = text.split("~");
      return [name, [Number(from), Number(to)] as const];
    }),
  );
}

function rowOf(
  { by, n, example, synthetic, metrics }: Group,
  dimensions: readonly Dimension[],
  brushes: Brushes,
): ParallelRow {
  const flat = dimensionsOf(by);
  const values = Object.fromEntries(
    dimensions.map(({ name }) => [name, plotted(metrics[name] ? metrics[name].mean : flat[name])]),
  );
  const sought = Object.entries(brushes).every(([name, [from, to]]) => {
    const value = values[name];
    return typeof value === "number" && value >= from && value <= to;
  });
  return { key: example, synthetic: synthetic > 0, n, values, faded: !sought };
}

function plotted(value: unknown): number | string | null {
  return value === null || value === undefined ? null : typeof value === "number" ? value : valueText(value);
}
