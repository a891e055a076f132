import { useQuery } from "@tanstack/react-query";
import { ProblemView } from "../../parts/problem-view.tsx";
import { countOf } from "../../parts/words.ts";
import { queries } from "../../queries.ts";

/** Reads what the chain's jobs left, when it is asked to, and says whether it is as they left it. */
export function Verify({ jobKey }: { jobKey: string }) {
  const query = useQuery({ ...queries.verified(jobKey), enabled: false });
  const artifacts = query.data?.artifacts ?? [];
  const wrong = artifacts.filter(({ problem }) => problem !== null);
  return (
    <>
      <span role="status">
        {query.isFetching && "reading…"}
        {!query.isFetching && query.data && wrong.length === 0 && (
          <>✓ {countOf(artifacts.length, "artifact")} as they were left</>
        )}
      </span>
      <button type="button" disabled={query.isFetching} onClick={() => void query.refetch()}>
        Verify
      </button>
      {query.error && <ProblemView error={query.error} onRetry={() => void query.refetch()} />}
      {wrong.map(({ job, kind, name, problem }) => (
        <p key={`${job} ${name}`} className="bad" role="alert">
          {kind} {name}: {problem}
        </p>
      ))}
    </>
  );
}
