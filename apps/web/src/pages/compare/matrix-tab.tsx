import type { groupsSchema } from "@shadowfarm/core/api/results";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { Choice } from "../../parts/choice.tsx";
import { Plot } from "../../parts/plot.tsx";
import { byName, valueText } from "../../parts/words.ts";
import { type MatrixCell, plotMatrix } from "../../plots/matrix.ts";
import { queries } from "../../queries.ts";
import { Drawn } from "./drawn.tsx";
import { MetricChoice } from "./metric-choice.tsx";
import { NoResults } from "./no-results.tsx";
import { Repeats } from "./repeats.tsx";
import type { TabProps } from "./tab.ts";
import { comparable } from "./view.ts";

type Group = z.output<typeof groupsSchema>["groups"][number];

/** Which dataset leaks, under which attack, or any other two dimensions; a cell leads to its repeats. */
export function MatrixTab({ view, filters, change }: TabProps) {
  const { rows, columns, metric } = view;
  const { data } = useQuery(queries.dimensions());
  const query = useQuery({
    ...queries.groups({ ...filters, by: [...new Set([rows, columns])], metric, limit: MOST }),
    placeholderData: keepPreviousData,
  });
  const dimensions = [...new Set([rows, columns, ...(data?.dimensions ?? [])])];
  const { title, chance } = comparable[metric];
  return (
    <>
      <div className="filters row">
        <Choice label="Rows" value={rows} options={dimensions} onChange={(next) => change({ rows: next, pick: [] })} />
        <Choice
          label="Columns"
          value={columns}
          options={dimensions}
          onChange={(next) => change({ columns: next, pick: [] })}
        />
        <MetricChoice view={view} change={change} />
      </div>
      <Drawn query={query} filters={filters} change={change}>
        {({ groups }) => {
          if (groups.length === 0) return <NoResults filters={filters} />;
          const cells = groups.map((group) => cellOf(group, rows, columns, metric));
          const order = {
            rows: cells.map(({ row }) => row).sort(byName),
            columns: cells.map(({ column }) => column).sort(byName),
          };
          const mixed = groups.filter((group) => group.mixed).length;
          return (
            <>
              <Plot
                name={`${rows}-${columns}-${metric}`}
                draw={(width) =>
                  plotMatrix(cells, {
                    title: `${title} by ${rows} and ${columns}`,
                    metric: title,
                    chance,
                    order,
                    width,
                  })
                }
                onPick={(key) => change({ pick: JSON.parse(key) as string[] })}
              />
              {mixed > 0 && (
                <p className="faint">
                  {mixed === groups.length ? "Each cell is" : `${mixed} of ${groups.length} cells are`} the mean over
                  several combinations, of which an interval would say nothing: n counts their results. Filter until one
                  is left to see how far its repeats are apart.
                </p>
              )}
              {view.pick.length === 2 && <Repeats view={view} filters={filters} change={change} />}
            </>
          );
        }}
      </Drawn>
    </>
  );
}

/** Cells that can be read in one sitting, and then some. */
const MOST = 2_000;

function cellOf({ by, n, synthetic, metrics }: Group, rows: string, columns: string, metric: string): MatrixCell {
  const found = metrics[metric];
  const [row, column] = [valueText(by[rows]), valueText(by[columns])];
  const mean = found?.mean ?? null;
  return {
    ...{ row, column, key: JSON.stringify([row, column]), synthetic: synthetic > 0, n: found?.n || n },
    value: mean === null ? null : { mean, low: found?.low ?? null, high: found?.high ?? null },
  };
}
