import type { groupsSchema } from "@shadowfarm/core/api/results";
import { type Measure, measures } from "@shadowfarm/core/dimensions";
import { latexTable } from "@shadowfarm/core/latex";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { apiPath } from "../../api.ts";
import { type Column, DataTable } from "../../parts/data-table.tsx";
import { ResultLink } from "../../parts/result-link.tsx";
import { save } from "../../parts/save-picture.ts";
import { valueText } from "../../parts/words.ts";
import { queries } from "../../queries.ts";
import { Drawn } from "./drawn.tsx";
import { NoResults } from "./no-results.tsx";
import { differing, dimensionsOf, inOrder } from "./settings.ts";
import type { TabProps } from "./tab.ts";

type Group = z.output<typeof groupsSchema>["groups"][number];

const MOST = 5_000;
const usual: readonly Measure[] = ["auc", "tpr@0.01", "testAccuracy", "gap"];
/** Shown even where all are alike. */
const always = ["dataset", "data", "attack", "defense"];

/** The numbers behind the pictures, a row a combination, and files of them. */
export function TableTab({ view, filters, change }: TabProps) {
  const asked = view.shown.length === 0 ? usual : measures.filter((measure) => view.shown.includes(measure));
  const query = useQuery({
    ...queries.groups({ ...filters, metric: asked.length === 0 ? ["auc"] : asked, limit: MOST }),
    placeholderData: keepPreviousData,
  });
  return (
    <Drawn query={query} filters={filters} change={change}>
      {({ groups }) => {
        if (groups.length === 0) return <NoResults filters={filters} />;
        const columns = columnsOf(groups);
        const shown =
          view.shown.length === 0
            ? columns.filter(({ hidden }) => !hidden)
            : columns.filter(({ id }) => view.shown.includes(id));
        return (
          <DataTable
            label="Combinations, means over repeats"
            columns={columns}
            rows={groups}
            rowKey={({ by }) => JSON.stringify(by)}
            sort={view.sort}
            onSort={(sort) => change({ sort }, true)}
            shown={view.shown}
            onShown={(next) => change({ shown: next }, true)}
            tools={
              <>
                <span className="wide faint">
                  {groups.length.toLocaleString("en")} combinations, mean ± sd over n repeats
                </span>
                {["csv", "parquet", "jsonl"].map((format) => (
                  <a key={format} className="button quiet" href={apiPath(`/results.${format}`, filters)} download>
                    {format === "jsonl" ? "JSON Lines" : format === "csv" ? "CSV" : "Parquet"}
                  </a>
                ))}
                <button
                  type="button"
                  className="quiet"
                  onClick={() => save(new Blob([latexOf(shown, groups)], { type: "text/x-tex" }), "results.tex")}
                >
                  LaTeX
                </button>
              </>
            }
          />
        );
      }}
    </Drawn>
  );
}

function columnsOf(groups: readonly Group[]): Column<Group>[] {
  const settings = groups.map(({ by }) => by);
  const telling = new Set([...always, ...differing(settings)]);
  const dimensions = inOrder(settings.flatMap((setting) => Object.keys(dimensionsOf(setting))));
  const ordered = [
    ...dimensions.filter((name) => telling.has(name)),
    ...dimensions.filter((name) => !telling.has(name)),
  ];
  const column = (name: string): Column<Group> => ({
    id: name,
    header: name,
    value: ({ by }) => sortable(dimensionsOf(by)[name]),
    hidden: !telling.has(name),
  });
  return [
    ...ordered.map(column),
    { id: "n", header: "n", value: ({ n }) => n, decimals: 0 },
    ...measures.map(
      (measure): Column<Group> => ({
        id: measure,
        header: measure,
        value: ({ metrics }) => metrics[measure]?.mean ?? null,
        show: (group) => spreadText(group, measure),
        decimals: 3,
        hidden: !usual.includes(measure),
      }),
    ),
    {
      id: "example",
      header: "A result",
      value: ({ example }) => example,
      show: ({ example }) => <ResultLink name={example} />,
    },
  ];
}

function sortable(value: unknown): string | number | null {
  if (value === null || value === undefined) return null;
  return typeof value === "number" ? value : valueText(value);
}

function spreadText({ metrics }: Group, measure: Measure): string {
  const found = metrics[measure];
  if (!found || found.mean === null) return "–";
  return found.sd === null ? found.mean.toFixed(3) : `${found.mean.toFixed(3)} ± ${found.sd.toFixed(3)}`;
}

function latexOf(columns: readonly Column<Group>[], groups: readonly Group[]): string {
  const shown = columns.filter(({ id }) => id !== "example");
  const table = latexTable(
    shown.map(({ header, decimals }) => ({ title: header, align: decimals === undefined ? "left" : "right" })),
    groups.map((group) =>
      shown.map(({ id, value }) => {
        const measure = measures.find((known) => known === id);
        return measure ? spreadText(group, measure) : valueText(value(group) ?? "n/a");
      }),
    ),
  );
  return `% needs \\usepackage{booktabs}; mean ± standard deviation over n results\n${table}\n`;
}
