import type { paperDetailSchema } from "@shadowfarm/core/api/papers";
import { guesses, provenanceNames, subjectOf } from "@shadowfarm/core/paper";
import type { z } from "zod";
import { type Column, DataTable } from "../../parts/data-table.tsx";
import { Plot } from "../../parts/plot.tsx";
import { ResultLink } from "../../parts/result-link.tsx";
import { Scroller } from "../../parts/scroller.tsx";
import { plotPaper } from "../../plots/paper.ts";
import { type Rerun, verdictOf } from "./verdict.ts";

export type Comparison = z.output<typeof paperDetailSchema>["experiments"][number]["comparisons"][number];

interface Props {
  /** Of the experiment. */
  name: string;
  figure: string;
  comparisons: readonly Comparison[];
  rerun: Rerun;
}

interface PictureProps {
  name: string;
  title: string;
  metric: Comparison["metric"];
  comparisons: readonly Comparison[];
}

/** Rows of a picture that is shown whole. */
const MANY = 30;

/** One figure of a paper: theirs and ours as a picture, metric by metric, and as a table. */
export function Figure({ name, figure, comparisons, rerun }: Props) {
  const metrics = [...new Set(comparisons.map(({ metric }) => metric))];
  return (
    <article className="stack figure">
      <h3>{figure}</h3>
      {metrics.map((metric) => (
        <Picture
          key={metric}
          name={`${name}-${figure}-${metric}`.replaceAll(/[^\w.-]+/g, "-")}
          title={`${figure}: the paper's ${metric} and ours`}
          metric={metric}
          comparisons={comparisons.filter((own) => own.metric === metric)}
        />
      ))}
      <DataTable label={`${figure} of ${name}`} columns={columnsFor(rerun)} rows={comparisons} rowKey={keyOf} />
    </article>
  );
}

/** A row a number; of many, some at a time. */
function Picture({ name, title, metric, comparisons }: PictureProps) {
  const draw = (width: number) => plotPaper(comparisons.map(rowOf), { title, metric, chance: guesses[metric], width });
  const plot = <Plot name={name} most={900} draw={draw} />;
  if (comparisons.length <= MANY) return plot;
  return (
    <Scroller className="tall" label={title}>
      {plot}
    </Scroller>
  );
}

function keyOf({ figure, metric, where }: Comparison): string {
  return `${figure} ${metric} ${subjectOf(where)}`;
}

function rowOf(comparison: Comparison) {
  const { where, value, within, synthetic, ours } = comparison;
  const { mean, low, high, n } = ours;
  return {
    ...{ label: subjectOf(where) || "all results", key: keyOf(comparison), synthetic, theirs: value, n },
    ours: mean === null ? null : { mean, low: low ?? mean, high: high ?? mean },
    ...(within !== undefined && { within }),
  };
}

function columnsFor(rerun: Rerun): Column<Comparison>[] {
  return [
    { id: "subject", header: "Of", value: ({ where }) => subjectOf(where) || "all results" },
    { id: "metric", header: "Metric", value: ({ metric }) => metric },
    { id: "theirs", header: "Theirs", value: ({ value }) => value, decimals: 3 },
    {
      id: "ours",
      header: "Ours ± sd",
      value: ({ ours }) => ours.mean,
      show: ({ ours }) => meanText(ours),
      decimals: 3,
    },
    { id: "n", header: "n", value: ({ ours }) => ours.n, decimals: 0 },
    {
      id: "difference",
      header: "Difference",
      value: ({ difference }) => difference,
      show: ({ difference }) => (difference === null ? "–" : signed(difference)),
      decimals: 3,
    },
    { id: "within", header: "Tolerance", value: ({ within }) => within ?? null, decimals: 3 },
    {
      id: "verdict",
      header: "Verdict",
      value: (comparison) => verdictOf(comparison, rerun).said,
      show: (comparison) => {
        const { said, why, bad } = verdictOf(comparison, rerun);
        return (
          <span className={why.length > 30 ? "said" : undefined}>
            <span className={bad ? "bad" : undefined}>{said}</span> <span className="faint">{why}</span>
          </span>
        );
      },
    },
    {
      id: "records",
      header: "Records",
      value: ({ records }) => records.map((own) => own.toLocaleString("en")).join(", ") || "–",
    },
    { id: "from", header: "Their source", value: ({ from }) => provenanceNames[from] },
    {
      id: "results",
      header: "Results",
      value: ({ results }) => results.length,
      show: ({ results }) => <Results keys={results} />,
    },
  ];
}

const MOST_LINKED = 3;

function Results({ keys }: { keys: readonly string[] }) {
  if (keys.length === 0) return "–";
  return (
    <>
      {keys.slice(0, MOST_LINKED).map((key) => (
        <span key={key}>
          <ResultLink name={key} />{" "}
        </span>
      ))}
      {keys.length > MOST_LINKED && <span className="faint">and {keys.length - MOST_LINKED} more</span>}
    </>
  );
}

function meanText({ mean, sd }: Comparison["ours"]): string {
  if (mean === null) return "–";
  return sd === null ? mean.toFixed(3) : `${mean.toFixed(3)} ± ${sd.toFixed(3)}`;
}

function signed(difference: number): string {
  return `${difference < 0 ? "−" : "+"}${Math.abs(difference).toFixed(3)}`;
}
