import type { jobDetailSchema } from "@shadowfarm/core/api/jobs";
import type { provenanceSchema, resultDetailSchema } from "@shadowfarm/core/api/results";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { z } from "zod";
import { type Fact, Facts } from "../../parts/facts.tsx";
import { Loaded, PlotShape } from "../../parts/loaded.tsx";
import { countOf, durationText, timeText } from "../../parts/words.ts";
import { factsOf, summaryOf } from "./facts.ts";
import { provenanceOf } from "./provenance.ts";
import { Verify } from "./verify.tsx";

type Result = z.output<typeof resultDetailSchema>;
type Job = z.output<typeof jobDetailSchema>;

/** The way of a number: prepare → train → query → attack → metrics. */
export function Chain({ result }: { result: Result }) {
  const query = useQuery(provenanceOf(result.jobKey));
  return (
    <section>
      <div className="row">
        <h2 className="wide">Where it comes from</h2>
        <Verify jobKey={result.jobKey} />
      </div>
      <Loaded query={query} shape={<PlotShape />}>
        {({ chain, others }) => (
          <>
            <ol className="chain">
              {chain.map((job) => (
                <JobBox key={job.key} job={job} />
              ))}
              <MetricsBox result={result} />
            </ol>
            <Others others={others} />
          </>
        )}
      </Loaded>
    </section>
  );
}

function JobBox({ job }: { job: Job }) {
  const { kind, key, params, artifacts, seconds } = job;
  const last = job.attempts.findLast(({ outcome }) => outcome === "done");
  const facts: Fact[] = [
    ["took", seconds === null ? "not done" : durationText(seconds)],
    ["engine", last?.engine ?? "unknown"],
    ["machine", last?.machine ?? "unknown"],
    ["version", last?.version ?? "unknown"],
  ];
  return (
    <Box title={kind} summary={summaryOf(kind, params)} facts={facts}>
      {artifacts.map(({ name, sha256 }) => (
        <p key={name}>
          {name} <code title={`SHA-256 ${sha256}`}>{sha256.slice(0, 12)}</code>
        </p>
      ))}
      <details>
        <summary>All of it</summary>
        <Facts
          facts={[
            ["job", key],
            ...factsOf(params),
            ...artifacts.map(
              ({ name, sha256, bytes }): Fact => [name, `${bytes.toLocaleString("en")} bytes, ${sha256}`],
            ),
            ...(last ? [["begun", timeText(last.startedAt)] as Fact] : []),
            ["attempts", String(job.attempts.length)],
          ]}
        />
      </details>
    </Box>
  );
}

function MetricsBox({ result: { metrics, engine, machine, version } }: { result: Result }) {
  const { threshold, intervals: _, perClass: __, byQueries: ___, ...own } = metrics;
  const facts: Fact[] = [
    ["took", "part of the attack"],
    ["engine", engine],
    ["machine", machine],
    ["version", version],
  ];
  const summary = `AUC ${metrics.auc.toFixed(3)}, n = ${metrics.members} + ${metrics.nonMembers}`;
  return (
    <Box title="metrics" summary={summary} facts={facts}>
      <p>from the scores</p>
      <details>
        <summary>All of it</summary>
        <Facts facts={factsOf({ ...own, threshold: `by ${threshold.by}` })} />
      </details>
    </Box>
  );
}

interface BoxProps {
  title: string;
  summary: string;
  facts: readonly Fact[];
  children: ReactNode;
}

function Box({ title, summary, facts, children }: BoxProps) {
  return (
    <li>
      <h3>{title}</h3>
      <p className="faint">{summary}</p>
      <Facts facts={facts} />
      {children}
    </li>
  );
}

function Others({ others }: { others: z.output<typeof provenanceSchema>["others"] }) {
  if (others.length === 0) return null;
  const said = others.map(({ kind, count, seconds }) => `${countOf(count, `${kind} job`)} (${durationText(seconds)})`);
  return <p className="faint">And {said.join(", ")} of other models and records, such as the attacker's own.</p>;
}
