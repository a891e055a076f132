import type { planSchema, submittedSchema } from "@shadowfarm/core/api/experiments";
import { useMutation, useQuery } from "@tanstack/react-query";
import { createRoute } from "@tanstack/react-router";
import { useState } from "react";
import { z } from "zod";
import { ApiError, ask } from "../api.ts";
import { Heading } from "../parts/heading.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { ProblemView } from "../parts/problem-view.tsx";
import { countOf } from "../parts/words.ts";
import { queries } from "../queries.ts";
import { rootRoute } from "../root-route.tsx";
import { useMay } from "../session.ts";
import { readSpec, writeSpec } from "./spec-text.ts";

/** Hands an experiment file to the farm, after a look at what it would do. */
export const submitRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/submit",
  /** An experiment whose file to begin with. */
  validateSearch: z.object({ from: z.string().optional() }),
  component: SubmitPage,
});

const example = `name: my-experiment
datasets: [mnist]
records: 500
model: { name: mlp, hidden: 64 }
training: { epochs: 20 }
attacks: [gap, threshold]
repeats: 3
`;

function SubmitPage() {
  const { from } = submitRoute.useSearch();
  const may = useMay("submitter");
  if (!may) return <MayNot />;
  return (
    <>
      <Heading text="Submit an experiment" />
      {from === undefined ? <Editor initial="" /> : <Again id={from} />}
    </>
  );
}

/** The file of another experiment, to be changed. */
function Again({ id }: { id: string }) {
  const query = useQuery(queries.experiment(id));
  return <Loaded query={query}>{({ spec }) => <Written spec={spec} />}</Loaded>;
}

function Written({ spec }: { spec: Record<string, unknown> }) {
  const query = useQuery({ queryKey: ["spec", spec], queryFn: () => writeSpec(spec) });
  return <Loaded query={query}>{(text) => <Editor initial={text} />}</Loaded>;
}

function MayNot() {
  return (
    <section className="problem">
      <Heading text="Submit an experiment" />
      <p>This needs the role submitter. An admin makes a token that has it:</p>
      <pre>
        <code>shadowfarm tokens create NAME --role submitter</code>
      </pre>
    </section>
  );
}

type Plan = z.output<typeof planSchema>;

function Editor({ initial }: { initial: string }) {
  const navigate = submitRoute.useNavigate();
  const [text, setText] = useState(initial);
  const preview = useMutation({
    mutationFn: async (written: string) =>
      ask<Plan>("/plans", { method: "POST", body: { spec: await readSpec(written) } }),
  });
  const submit = useMutation({
    mutationFn: async ({ many }: { many: boolean }) =>
      ask<z.output<typeof submittedSchema>>("/experiments", {
        method: "POST",
        body: { spec: await readSpec(text), many },
      }),
    onSuccess: ({ id }) => navigate({ to: "/experiments/$id", params: { id } }),
  });
  const edit = (next: string) => {
    setText(next);
    preview.reset();
    submit.reset();
  };
  const tooMany = submit.error instanceof ApiError && /"many": true/.test(submit.error.message);
  return (
    <form
      className="submit"
      onSubmit={(event) => {
        event.preventDefault();
        preview.mutate(text);
      }}
    >
      <div className="row">
        <label>
          From a file <input type="file" accept=".yaml,.yml,.json" onChange={({ target }) => void read(target, edit)} />
        </label>
        {text === "" && (
          <button type="button" onClick={() => edit(example)}>
            Begin with an example
          </button>
        )}
      </div>
      <label className="whole">
        Experiment file (YAML or JSON)
        <textarea spellCheck={false} placeholder={example} value={text} onChange={({ target }) => edit(target.value)} />
      </label>
      <div className="row">
        <button
          type="submit"
          className={preview.data ? "" : "primary"}
          disabled={text.trim() === "" || preview.isPending}
        >
          {preview.isPending ? "Planning …" : "See what it would do"}
        </button>
        {preview.data && (
          <button
            type="button"
            className="primary"
            disabled={submit.isPending}
            onClick={() => submit.mutate({ many: false })}
          >
            Submit {countOf(preview.data.jobs - preview.data.cached, "job")}
          </button>
        )}
      </div>
      {preview.error && <ProblemView error={preview.error} />}
      {preview.data && <PlanView plan={preview.data} />}
      {submit.error && <ProblemView error={submit.error} />}
      {tooMany && (
        <button type="button" onClick={() => submit.mutate({ many: true })}>
          Submit all of them
        </button>
      )}
    </form>
  );
}

async function read({ files }: HTMLInputElement, take: (text: string) => void): Promise<void> {
  const [file] = files ?? [];
  if (file) take(await file.text());
}

function PlanView({ plan: { name, cells, jobs, cached, byKind, datasets, engine } }: { plan: Plan }) {
  const synthetic = datasets.filter(({ source }) => source === "synthetic").map((dataset) => dataset.name);
  return (
    <section className="plan" role="status">
      <h2>{name} would be</h2>
      <dl className="facts">
        <div>
          <dt>cells</dt>
          <dd>{cells.toLocaleString("en")}</dd>
        </div>
        {Object.entries(byKind).map(([kind, count]) => (
          <div key={kind}>
            <dt>{kind}</dt>
            <dd>{count.toLocaleString("en")}</dd>
          </div>
        ))}
        <div>
          <dt>jobs in all</dt>
          <dd>{jobs.toLocaleString("en")}</dd>
        </div>
        <div>
          <dt>done already</dt>
          <dd>{cached.toLocaleString("en")}</dd>
        </div>
        <div>
          <dt>engine</dt>
          <dd>{engine}</dd>
        </div>
        <div>
          <dt>datasets</dt>
          <dd>
            {datasets
              .map((dataset) => `${dataset.name} (${dataset.source === "real" ? "real" : "SYNTHETIC"})`)
              .join(", ")}
          </dd>
        </div>
      </dl>
      {synthetic.length > 0 && (
        <p>
          {synthetic.join(", ")} would be a SYNTHETIC stand-in, since the files are not on this machine:{" "}
          <code>npm run farm -- data pull</code> fetches those that may be.
        </p>
      )}
    </section>
  );
}
