import type { scoresSchema } from "@shadowfarm/core/api/results";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { apiPath, ask } from "../../api.ts";
import { ProblemView } from "../../parts/problem-view.tsx";
import { save } from "../../parts/save-picture.ts";
import { queries } from "../../queries.ts";

/** The scores of every record, and the commands that tell the same. */
export function Downloads({ jobKey, records }: { jobKey: string; records: number }) {
  const scores = useQuery(queries.scores(jobKey));
  const path = `/results/${encodeURIComponent(jobKey)}/scores`;
  const table = useMutation({
    mutationFn: () => ask<z.output<typeof scoresSchema>>(path, { search: { all: true } }),
    onSuccess: ({ scores = [] }) => {
      const lines = scores.map(({ record, label, member, score }) => `${record},${label},${Number(member)},${score}`);
      const file = new Blob([`record,label,member,score\n${lines.join("\n")}\n`], { type: "text/csv" });
      save(file, `scores-${jobKey.slice(0, 10)}.csv`);
    },
  });
  return (
    <section>
      <h2>Scores of all {records.toLocaleString("en")} records</h2>
      {scores.isError ? (
        <p className="faint">They cannot be had, as is said above.</p>
      ) : (
        <p className="actions">
          <button type="button" disabled={table.isPending} onClick={() => table.mutate()}>
            CSV
          </button>
          <a className="button" href={apiPath(path, { all: true })} download={`scores-${jobKey.slice(0, 10)}.json`}>
            JSON
          </a>
          <a className="button" href={apiPath(`/jobs/${encodeURIComponent(jobKey)}/artifacts/scores`)} download>
            safetensors
          </a>
        </p>
      )}
      {table.error && <ProblemView error={table.error} />}
      <p className="faint">On the command line, the same chain, and all that went into it read and computed anew:</p>
      <pre>
        <code>{`npm run farm -- explain ${jobKey.slice(0, 10)}\nnpm run farm -- verify ${jobKey.slice(0, 10)}`}</code>
      </pre>
    </section>
  );
}
