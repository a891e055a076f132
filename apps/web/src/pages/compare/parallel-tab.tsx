import type { groupsSchema } from "@shadowfarm/core/api/results";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { Menu } from "../../parts/menu.tsx";
import { Plot } from "../../parts/plot.tsx";
import { Range } from "../../parts/range.tsx";
import { valueText } from "../../parts/words.ts";
import {
  type Brush,
  type Brushes,
  type Dimension,
  namesAlong,
  type ParallelRow,
  parallelAxes,
  plotParallel,
} from "../../plots/parallel.ts";
import { queries } from "../../queries.ts";
import { brushesIn, isSought, withBrush } from "./brushes.ts";
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
        const axes = dimensions.map(({ name, label }) => {
          const sought = brushes.get(name) ?? { names: [] };
          const { from, to } = "from" in sought ? sought : {};
          return {
            name,
            label,
            names: namesAlong(rows, name),
            from,
            to,
            chosen: "names" in sought ? sought.names : [],
          };
        });
        const brush = (name: string, sought: Brush | null) => change({ brush: withBrush(view.brush, name, sought) });
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
                {axes.map(({ name, label, names, from, to }) =>
                  names ? null : (
                    <Range
                      key={name}
                      label={label}
                      from={from}
                      to={to}
                      closed
                      onRange={(least = 0, most = 0) => brush(name, least === most ? null : { from: least, to: most })}
                    />
                  ),
                )}
              </Menu>
              {axes.some(({ names }) => names) && (
                <Menu label="Names">
                  {axes.map(({ name, label, names, chosen }) =>
                    names ? (
                      <Names
                        key={name}
                        label={label}
                        names={names}
                        chosen={chosen}
                        onChange={(next) => brush(name, next.length === 0 ? null : { names: next })}
                      />
                    ) : null,
                  )}
                </Menu>
              )}
              {view.brush.length > 0 && (
                <button type="button" className="quiet" onClick={() => change({ brush: [] })}>
                  Clear ranges and names
                </button>
              )}
            </div>
            <Plot
              name={`parallel-${metric}`}
              draw={(width) => plotParallel(rows, dimensions, { title: "Every combination", width, brushes })}
              onDrag={(from, to, width) => {
                const { axes: placed } = parallelAxes(rows, dimensions, width);
                const axis = placed.find(({ x }) => Math.abs(x - from.x) < NEAR);
                if (axis) brush(axis.name, from.y === to.y ? null : axis.brush(from.y, to.y));
              }}
            />
            <p className="faint">
              Drag along an axis to look for the numbers or the names in that stretch; click on it to let go.
            </p>
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

interface NamesProps {
  label: string;
  names: readonly string[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
}

/** The names of an axis; those that an address asks for and no result has are there to be let go. */
function Names({ label, names, chosen, onChange }: NamesProps) {
  const all = [...new Set([...names, ...chosen])];
  return (
    <fieldset>
      <legend>{label}</legend>
      {all.map((name) => (
        <label key={name}>
          <input
            type="checkbox"
            checked={chosen.includes(name)}
            onChange={() => onChange(all.filter((own) => chosen.includes(own) !== (own === name)))}
          />{" "}
          {name}
        </label>
      ))}
    </fieldset>
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
  return { key: example, synthetic: synthetic > 0, n, values, faded: !isSought(values, brushes) };
}

function plotted(value: unknown): number | string | null {
  return value === null || value === undefined ? null : typeof value === "number" ? value : valueText(value);
}
