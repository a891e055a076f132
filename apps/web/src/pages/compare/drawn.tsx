import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError } from "../../api.ts";
import { Loaded, PlotShape } from "../../parts/loaded.tsx";
import { byName, valueText } from "../../parts/words.ts";
import { queries } from "../../queries.ts";
import type { TabProps } from "./tab.ts";

interface Props<Data> extends Pick<TabProps, "filters" | "change"> {
  query: { data: Data | undefined; error: unknown; refetch: () => unknown };
  children: (data: Data) => ReactNode;
}

/** What the results that are chosen look like; a choice among them where they are too many for a picture. */
export function Drawn<Data>({ query, filters, change, children }: Props<Data>) {
  if (isTooMuch(query.error)) return <Fewer filters={filters} change={change} />;
  return (
    <Loaded query={query} shape={<PlotShape />}>
      {children}
    </Loaded>
  );
}

/** The API counts no further than what it would answer. */
function isTooMuch(error: unknown): boolean {
  return error instanceof ApiError && error.status === 400 && /more than \d+ (?:results|groups)/.test(error.message);
}

const narrowing = ["experiment", "dataset", "attack", "defense", "model"] as const;
const MOST = 16;

function Fewer({ filters, change }: Pick<TabProps, "filters" | "change">) {
  const { data } = useQuery(queries.dimensions());
  const choices = narrowing
    .map((dimension) => ({ dimension, values: (data?.values[dimension] ?? []).map(({ value }) => valueText(value)) }))
    .filter(({ dimension, values }) => values.length > 1 && filters[dimension]?.length !== 1);
  return (
    <section className="empty">
      <h2>Too much for one picture</h2>
      <p>Choose what it is to be of:</p>
      <dl className="choices">
        {choices.map(({ dimension, values }) => (
          <div key={dimension}>
            <dt className="faint">{dimension}</dt>
            <dd>
              {values
                .slice(0, MOST)
                .sort(byName)
                .map((value) => (
                  <button key={value} type="button" onClick={() => change({ [dimension]: [value] })}>
                    {value}
                  </button>
                ))}
              {values.length > MOST && (
                <span className="faint">and {values.length - MOST} more, in the filter above</span>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
