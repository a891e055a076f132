import type { resultDetailSchema } from "@shadowfarm/core/api/results";
import { useQuery } from "@tanstack/react-query";
import { createRoute, Link } from "@tanstack/react-router";
import { z } from "zod";
import { DataTag } from "../parts/data-tag.tsx";
import { Heading } from "../parts/heading.tsx";
import { Loaded, PlotShape } from "../parts/loaded.tsx";
import { Plot } from "../parts/plot.tsx";
import { ProblemView } from "../parts/problem-view.tsx";
import { plotRoc } from "../plots/roc.ts";
import { plotScoreHistogram } from "../plots/score-histogram.ts";
import { queries } from "../queries.ts";
import { rootRoute } from "../root-route.tsx";
import { Chain } from "./result/chain.tsx";
import { Downloads } from "./result/downloads.tsx";
import { Exposed } from "./result/exposed.tsx";
import { Losses } from "./result/losses.tsx";
import { Repeats } from "./result/repeats.tsx";

const searchSchema = z.object({ roc: z.enum(["log", "linear"]).optional() });

/** Where a number comes from: one result. */
export const resultRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/results/$key",
  validateSearch: searchSchema,
  component: ResultPage,
});

type Result = z.output<typeof resultDetailSchema>;

function ResultPage() {
  const { key } = resultRoute.useParams();
  const query = useQuery(queries.result(key));
  return (
    <Loaded query={query} shape={<PlotShape />}>
      {(result) => <Shown result={result} />}
    </Loaded>
  );
}

function Shown({ result }: { result: Result }) {
  const { jobKey, dataset, attack, defense, data, metrics, cells } = result;
  const defended = defense === "none" ? "undefended" : `defended by ${defense}`;
  return (
    <>
      <Heading text={`${attack} on ${dataset}, ${defended}`}>
        <DataTag data={data} />
      </Heading>
      <Numbers result={result} />
      <Chain result={result} />
      <FromScores result={result} />
      <Repeats result={result} />
      <section>
        <h2>Experiments that it is in</h2>
        <ul className="plain">
          {cells.map(({ experiment, experimentId, repeat }) => (
            <li key={`${experimentId} ${repeat}`}>
              <Link to="/experiments/$id" params={{ id: experimentId }}>
                {experiment}
              </Link>{" "}
              <span className="faint">repeat {repeat}</span>
            </li>
          ))}
        </ul>
      </section>
      <Downloads jobKey={jobKey} records={metrics.members + metrics.nonMembers} />
    </>
  );
}

/** The numbers that are asked for most, each with the 95 % interval of its sample. */
function Numbers({ result: { metrics, repeat, jobKey, origin } }: { result: Result }) {
  const { intervals, members, nonMembers, tprAtFpr, noSignal } = metrics;
  const lowest = tprAtFpr["0.01"];
  const numbers: [name: string, value: string, interval: readonly [number, number] | null][] = [
    ["AUC", metrics.auc.toFixed(3), intervals.auc],
    [
      "TPR at 1 % FPR",
      lowest === null ? "not resolvable" : lowest.toFixed(3),
      lowest === null ? null : intervals.tprAtFpr["0.01"],
    ],
    ["balanced accuracy", metrics.balancedAccuracy.toFixed(3), intervals.balancedAccuracy],
    ["accuracy on members", metrics.trainAccuracy.toFixed(3), intervals.trainAccuracy],
    ["accuracy on non-members", metrics.testAccuracy.toFixed(3), intervals.testAccuracy],
  ];
  return (
    <section>
      <dl className="numbers">
        {numbers.map(([name, value, interval]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <b>{value}</b>{" "}
              {interval && (
                <span className="faint">
                  [{interval[0].toFixed(3)}, {interval[1].toFixed(3)}]
                </span>
              )}
            </dd>
          </div>
        ))}
      </dl>
      <p className="faint">
        n = {members.toLocaleString("en")} members and {nonMembers.toLocaleString("en")} non-members, 95 % intervals of
        this sample; repeat {repeat}; {origin}; result <code title={jobKey}>{jobKey.slice(0, 10)}</code>
      </p>
      {noSignal && <p className="bad">Every record has one score: the attack's model learnt nothing.</p>}
    </section>
  );
}

/** All that is drawn from the scores, unless they are gone: which is said once. */
function FromScores({ result }: { result: Result }) {
  const { error, refetch } = useQuery(queries.scores(result.jobKey));
  if (error) {
    return (
      <>
        <ProblemView error={error} onRetry={() => void refetch()} />
        <Losses result={result} />
      </>
    );
  }
  return (
    <>
      <div className="pair">
        <Roc result={result} />
        <div className="stack">
          <Scores result={result} />
          <Losses result={result} />
        </div>
      </div>
      <Exposed result={result} />
    </>
  );
}

function Roc({ result: { jobKey, attack, data, dataset } }: { result: Result }) {
  const { roc = "log" } = resultRoute.useSearch();
  const query = useQuery(queries.roc(jobKey));
  return (
    <section>
      <div className="row">
        <h2 className="wide">ROC</h2>
        <nav className="tabs" aria-label="Axes of the ROC curve">
          {(["log", "linear"] as const).map((axes) => (
            <Link
              key={axes}
              to="/results/$key"
              params={{ key: jobKey }}
              search={{ roc: axes === "log" ? undefined : axes }}
              replace
              resetScroll={false}
              aria-current={axes === roc ? "true" : undefined}
              // Of two addresses that differ in their search alone both would be the current page.
              activeProps={{}}
            >
              {axes === "log" ? "log–log" : "linear"}
            </Link>
          ))}
        </nav>
      </div>
      <Loaded query={query} shape={<PlotShape />}>
        {({ points, smallestFpr }) => (
          <Plot
            name={`roc-${jobKey.slice(0, 10)}`}
            most={560}
            draw={(width) =>
              plotRoc(
                [
                  {
                    ...{
                      facet: dataset,
                      name: attack,
                      key: jobKey,
                      synthetic: data === "synthetic",
                      n: 1,
                      smallestFpr,
                    },
                    points: points.map(({ fpr, tpr }) => ({ fpr, tpr, low: tpr, high: tpr })),
                  },
                ],
                { title: `ROC of ${attack} on ${dataset}`, linear: roc === "linear", width },
              )
            }
          />
        )}
      </Loaded>
    </section>
  );
}

function Scores({ result: { jobKey, attack, data, dataset } }: { result: Result }) {
  const query = useQuery(queries.scores(jobKey));
  return (
    <section>
      <h2>Scores of members and non-members</h2>
      <Loaded query={query} shape={<PlotShape />}>
        {({ histogram }) => (
          <Plot
            name={`scores-${jobKey.slice(0, 10)}`}
            most={560}
            draw={(width) =>
              plotScoreHistogram(histogram, {
                title: `Scores of ${attack} on ${dataset}`,
                synthetic: data === "synthetic",
                width,
              })
            }
          />
        )}
      </Loaded>
    </section>
  );
}
