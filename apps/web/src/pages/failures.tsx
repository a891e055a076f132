import type { retriedSchema } from "@shadowfarm/core/api/experiments";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { z } from "zod";
import { ask } from "../api.ts";
import { Loaded } from "../parts/loaded.tsx";
import { Log } from "../parts/log.tsx";
import { ProblemView } from "../parts/problem-view.tsx";
import { countOf } from "../parts/words.ts";
import { queries } from "../queries.ts";
import { useMay } from "../session.ts";
import { alike, type FailureGroup } from "./alike.ts";

/** What broke, by its error, and one button that runs all of it again. */
export function Failures({ id, failed }: { id: string; failed: number }) {
  const client = useQueryClient();
  const may = useMay("submitter");
  const query = useQuery({ ...queries.failures(id), enabled: failed > 0 });
  const retry = useMutation({
    mutationFn: () =>
      ask<z.output<typeof retriedSchema>>(`/experiments/${encodeURIComponent(id)}/retry`, { method: "POST" }),
    onSuccess: () =>
      client.invalidateQueries({ predicate: ({ queryKey: [path] }) => String(path).startsWith("/experiments/") }),
  });
  if (failed === 0) return null;
  return (
    <section>
      <div className="row">
        <h2 className="bad">What failed</h2>
        {may && (
          <button type="button" disabled={retry.isPending} onClick={() => retry.mutate()}>
            Retry these {failed.toLocaleString("en")}
          </button>
        )}
      </div>
      {retry.error && <ProblemView error={retry.error} />}
      <Loaded query={query}>
        {({ failures }) => alike(failures).map((group) => <Group key={`${group.kind} ${group.error}`} group={group} />)}
      </Loaded>
    </section>
  );
}

function Group({ group: { error, kind, count, jobs, lines } }: { group: FailureGroup }) {
  return (
    <article className="failure">
      <h3>
        <span className="bad">{countOf(count, `${kind} job`)}</span> {error}
      </h3>
      {lines.length > 0 && (
        <Log label={`Lines of a failed ${kind} job`} text={lines.map(({ text }) => text).join("\n")} />
      )}
      <p className="faint">
        {jobs.length < count ? "some of them: " : ""}
        {jobs.map((key) => (
          <code key={key}>{key.slice(0, 10)} </code>
        ))}
      </p>
    </article>
  );
}
