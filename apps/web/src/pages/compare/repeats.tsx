import type { resultsSchema } from "@shadowfarm/core/api/results";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { type Column, DataTable } from "../../parts/data-table.tsx";
import { Loaded } from "../../parts/loaded.tsx";
import { ResultLink } from "../../parts/result-link.tsx";
import { durationText } from "../../parts/words.ts";
import { queries } from "../../queries.ts";
import type { TabProps } from "./tab.ts";
import { comparable } from "./view.ts";

type Result = z.output<typeof resultsSchema>["results"][number];

const plain = ["data", "dataset", "model", "defense", "attack", "experiment"] as const;

/** The single results behind a cell. */
export function Repeats({ view, filters, change }: TabProps) {
  const { rows, columns, pick, metric } = view;
  const [row = "", column = ""] = pick;
  const query = useInfiniteQuery(queries.results({ ...filters, [rows]: row, [columns]: column, limit: 200 }));
  const table: Column<Result>[] = [
    {
      id: "result",
      header: "Result",
      value: ({ jobKey }) => jobKey,
      show: ({ jobKey }) => <ResultLink name={jobKey} />,
    },
    { id: "metric", header: comparable[metric].title, value: ({ metrics }) => metrics[metric] ?? null, decimals: 3 },
    { id: "repeat", header: "Repeat", value: ({ repeat }) => repeat, decimals: 0 },
    { id: "testAccuracy", header: "Test accuracy", value: ({ metrics }) => metrics.testAccuracy ?? null, decimals: 3 },
    ...plain
      .filter((name) => name !== rows && name !== columns)
      .map((name): Column<Result> => ({ id: name, header: name, value: (result) => result[name] })),
    {
      id: "seconds",
      header: "Compute",
      value: ({ computeSeconds }) => computeSeconds,
      show: ({ computeSeconds }) => durationText(computeSeconds),
      decimals: 0,
    },
  ];
  return (
    <section>
      <div className="row">
        <h2 className="wide">
          {row}, {column}
        </h2>
        <button type="button" onClick={() => change({ pick: [] })}>
          Close
        </button>
      </div>
      <Loaded query={query}>
        {({ pages }) => {
          const results = pages.flatMap((page) => page.results);
          return (
            <>
              <DataTable
                label={`Results of ${row}, ${column}`}
                columns={table}
                rows={results}
                rowKey={({ id }) => String(id)}
              />
              {query.hasNextPage && (
                <p>
                  <button type="button" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                    Show more
                  </button>
                </p>
              )}
            </>
          );
        }}
      </Loaded>
    </section>
  );
}
