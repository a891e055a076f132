import type { verificationSchema } from "@shadowfarm/core/api/results";
import { useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { ProblemView } from "../../parts/problem-view.tsx";
import { countOf, valueText } from "../../parts/words.ts";
import { queries } from "../../queries.ts";

/** Reads what the chain's jobs left and computes the metrics anew, when it is asked to, and says whether the result holds. */
export function Verify({ jobKey }: { jobKey: string }) {
  const query = useQuery({ ...queries.verification(jobKey), enabled: false });
  return (
    <>
      <span role="status">
        {query.isFetching ? "reading…" : query.data?.holds && <Holds verification={query.data} />}
      </span>
      <button type="button" disabled={query.isFetching} onClick={() => void query.refetch()}>
        Verify
      </button>
      {query.error && <ProblemView error={query.error} onRetry={() => void query.refetch()} />}
      {query.data?.holds === false && <Broken verification={query.data} />}
    </>
  );
}

type Verification = z.output<typeof verificationSchema>;

function Holds({ verification: { artifacts } }: { verification: Verification }) {
  return (
    <>✓ {countOf(artifacts.length, "artifact")} as they were left; the metrics are what the scores give, to the bit</>
  );
}

function Broken({ verification: { artifacts, differences } }: { verification: Verification }) {
  return (
    <div className="problem own-row" role="alert">
      <h3>The result does not hold</h3>
      {artifacts
        .filter(({ problem }) => problem !== null)
        .map(({ job, kind, name, problem }) => (
          <p key={`${job} ${name}`}>
            {kind} {name}: {problem}
          </p>
        ))}
      {differences === null && <p>The metrics cannot be computed anew.</p>}
      {differences?.map(({ metric, stored, recomputed }) => (
        <p key={metric}>
          {metric}: stored {valueText(stored)}, recomputed {valueText(recomputed)}
        </p>
      ))}
    </div>
  );
}
