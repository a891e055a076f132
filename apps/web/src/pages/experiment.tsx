import type { experimentDetailSchema } from "@shadowfarm/core/api/experiments";
import type { JobState } from "@shadowfarm/core/job";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createRoute, Link } from "@tanstack/react-router";
import { useState } from "react";
import type { z } from "zod";
import { ask } from "../api.ts";
import { type Fact, Facts } from "../parts/facts.tsx";
import { Heading } from "../parts/heading.tsx";
import { Loaded, PlotShape } from "../parts/loaded.tsx";
import { Log } from "../parts/log.tsx";
import { Plot } from "../parts/plot.tsx";
import { ProblemView } from "../parts/problem-view.tsx";
import { ProgressBar } from "../parts/progress-bar.tsx";
import { countOf, durationText, timeText } from "../parts/words.ts";
import { plotProgressGrid } from "../plots/progress.ts";
import { queries } from "../queries.ts";
import { rootRoute } from "../root-route.tsx";
import { useMay } from "../session.ts";
import { Failures } from "./failures.tsx";

/** What runs, when it is done, what broke: one experiment. */
export const experimentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/experiments/$id",
  component: ExperimentPage,
});

type Experiment = z.output<typeof experimentDetailSchema>;

function ExperimentPage() {
  const { id } = experimentRoute.useParams();
  const query = useQuery(queries.experiment(id));
  return (
    <Loaded query={query} shape={<PlotShape />}>
      {(experiment) => <Shown experiment={experiment} />}
    </Loaded>
  );
}

function Shown({ experiment }: { experiment: Experiment }) {
  const { id, name, state, error, progress, grid } = experiment;
  return (
    <>
      <Heading text={name}>
        <span className="wide" role="status">
          {state}
          {etaText(experiment)}
        </span>
        <Link to="/compare" search={{ experimentId: id }} className="button">
          Compare its results
        </Link>
        <AgainLink id={id} />
        <CancelButton experiment={experiment} />
      </Heading>
      {error !== null && (
        <section className="problem">
          <h2>It cannot run</h2>
          <p>{error}</p>
        </section>
      )}
      <ProgressBar progress={progress} title={`Jobs of ${name}`} width={320} />
      <section>
        <h2>Jobs by dataset and kind</h2>
        <Plot
          name={`${name}-jobs`}
          draw={(width) => plotProgressGrid(grid.map(cellOf), { title: `Jobs of ${name}`, width })}
        />
      </section>
      <Failures id={id} failed={progress.failed} />
      <section>
        <h2>How it takes part</h2>
        <Terms experiment={experiment} />
      </section>
      <details>
        <summary>The experiment file</summary>
        <Log label="The experiment file" text={JSON.stringify(experiment.spec, null, 2)} />
      </details>
    </>
  );
}

function etaText({ state, progress: { etaSeconds } }: Experiment): string {
  if (state !== "running") return "";
  return etaSeconds === null ? ", time left not known yet" : `, done in about ${durationText(etaSeconds)}`;
}

/** What waits for others, and what will not run, is alike here: neither has begun. */
function cellOf({ dataset, kind, counts }: Experiment["grid"][number]) {
  const count = (...states: JobState[]) => states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  return {
    ...{ dataset, kind, key: `${dataset}/${kind}` },
    progress: {
      done: count("done"),
      cached: 0,
      running: count("running"),
      failed: count("failed"),
      waiting: count("waiting", "ready", "blocked", "cancelled"),
    },
  };
}

function Terms({ experiment }: { experiment: Experiment }) {
  const { user, priority, weight, concurrency, labels, memory, engine, datasets, submittedAt, finishedAt, share } =
    experiment;
  const synthetic = datasets.filter(({ source }) => source === "synthetic").map((dataset) => dataset.name);
  const real = datasets.filter(({ source }) => source === "real").map((dataset) => dataset.name);
  const facts: Fact[] = [
    ["owner", user],
    ["submitted", timeText(submittedAt)],
    ...(finishedAt ? [["finished", timeText(finishedAt)] as Fact] : []),
    ["compute", durationText(experiment.progress.computeSeconds)],
    ["engine", engine],
    ["share of the farm", share === null ? "none now" : `${Math.round(100 * share)} %`],
    ["priority", String(priority)],
    ["weight", String(weight)],
    ["jobs at a time", concurrency === null ? "any number" : String(concurrency)],
    ["needs", [...labels, ...(memory > 0 ? [`${memory} GB a job`] : [])].join(", ") || "any worker"],
    ...(real.length > 0 ? [["real data", real.join(", ")] as Fact] : []),
    ...(synthetic.length > 0 ? [["SYNTHETIC data", synthetic.join(", ")] as Fact] : []),
  ];
  return <Facts className="facts" facts={facts} />;
}

function AgainLink({ id }: { id: string }) {
  if (!useMay("submitter")) return null;
  return (
    <Link to="/submit" search={{ from: id }} className="button">
      Change and submit
    </Link>
  );
}

/** Asks once more before it stops an experiment. */
function CancelButton({ experiment: { id, state, progress } }: { experiment: Experiment }) {
  const client = useQueryClient();
  const may = useMay("submitter");
  const [asked, setAsked] = useState(false);
  const cancel = useMutation({
    mutationFn: () => ask(`/experiments/${encodeURIComponent(id)}/cancel`, { method: "POST" }),
    onSuccess: () => client.invalidateQueries({ queryKey: [`/experiments/${encodeURIComponent(id)}`] }),
  });
  if (!may || (state !== "running" && state !== "submitted")) return null;
  if (cancel.error) return <ProblemView error={cancel.error} />;
  if (!asked) {
    return (
      <button type="button" onClick={() => setAsked(true)}>
        Cancel
      </button>
    );
  }
  return (
    <span className="row">
      Stop {countOf(progress.total - progress.done, "job")}? What is done is kept.
      <button type="button" className="primary" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
        Stop it
      </button>
      <button type="button" onClick={() => setAsked(false)}>
        Go on
      </button>
    </span>
  );
}
