import type { resultDetailSchema, resultsSchema } from "@shadowfarm/core/api/results";
import { summarize } from "@shadowfarm/core/summary";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { type Column, DataTable } from "../../parts/data-table.tsx";
import { Loaded } from "../../parts/loaded.tsx";
import { ResultLink } from "../../parts/result-link.tsx";
import { countOf } from "../../parts/words.ts";
import { queries, type Search } from "../../queries.ts";

type Result = z.output<typeof resultDetailSchema>;
type Row = z.output<typeof resultsSchema>["results"][number];

/** The same combination again: how far its repeats are apart. */
export function Repeats({ result }: { result: Result }) {
  const known = useQuery(queries.dimensions());
  const query = useInfiniteQuery({
    ...queries.results({ ...searchOf(result, known.data?.dimensions ?? []), limit: MOST }),
    enabled: known.data !== undefined,
  });
  return (
    <section>
      <h2>Repeats of the same combination</h2>
      <Loaded query={query}>
        {({ pages }) => {
          const rows = repeatsIn(
            pages.flatMap(({ results }) => results),
            result.jobKey,
          );
          return (
            <>
              <p className="faint">{spreadText(rows)}</p>
              <DataTable
                label="Repeats"
                columns={columnsFor(result.jobKey)}
                rows={rows}
                rowKey={({ jobKey }) => jobKey}
                sort="repeat"
              />
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

const MOST = 1_000;
const owners = ["dataset", "model", "training", "attack", "defense"] as const;

/**
 * What can be asked for of the combination. What cannot is told apart afterwards: parameters without a value, and those that
 * units do not have any more.
 */
function searchOf(result: Result, known: readonly string[]): Search {
  const { dataset, data, records, split, model, attack, attacker, defense } = result;
  const parameters = owners.flatMap((owner) =>
    Object.entries(owner === "training" ? result.training : result[`${owner}Params`])
      .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value))
      .map(([name, value]) => [`${owner}.${name}`, value] as const)
      .filter(([name]) => known.includes(name)),
  );
  return { dataset, data, records, split, model, attack, attacker, defense, ...Object.fromEntries(parameters) };
}

/** Each once, however many experiments share it. */
function repeatsIn(rows: readonly Row[], jobKey: string): Row[] {
  const combination = rows.find((row) => row.jobKey === jobKey)?.combination;
  const own = rows.filter((row) => row.combination === combination || row.jobKey === jobKey);
  return [...new Map(own.map((row) => [row.jobKey, row])).values()];
}

function spreadText(rows: readonly Row[]): string {
  const { n, mean, sd } = summarize(rows.map(({ metrics }) => metrics.auc ?? null));
  if (mean === null) return "This result is not in the list of results any more.";
  const spread =
    sd === null ? "; one repeat has no spread: raise repeats in the experiment file" : ` ± ${sd.toFixed(3)}`;
  return `AUC ${mean.toFixed(3)}${spread}, n = ${countOf(n, "repeat")}.`;
}

function columnsFor(shown: string): Column<Row>[] {
  return [
    { id: "repeat", header: "Repeat", value: ({ repeat }) => repeat, decimals: 0 },
    { id: "auc", header: "AUC", value: ({ metrics }) => metrics.auc ?? null, decimals: 3 },
    { id: "tpr", header: "TPR at 1 % FPR", value: ({ metrics }) => metrics["tpr@0.01"] ?? null, decimals: 3 },
    { id: "accuracy", header: "Test accuracy", value: ({ metrics }) => metrics.testAccuracy ?? null, decimals: 3 },
    { id: "experiment", header: "Experiment", value: ({ experiment }) => experiment },
    { id: "engine", header: "Engine", value: ({ engine }) => engine },
    {
      id: "key",
      header: "Result",
      value: ({ jobKey }) => jobKey,
      show: ({ jobKey }) => (jobKey === shown ? <>{jobKey.slice(0, 10)}, this one</> : <ResultLink name={jobKey} />),
    },
  ];
}
