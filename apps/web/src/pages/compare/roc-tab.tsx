import type { rocBandsSchema } from "@shadowfarm/core/api/results";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { Choice } from "../../parts/choice.tsx";
import { Plot } from "../../parts/plot.tsx";
import { byName, countOf } from "../../parts/words.ts";
import { plotRoc } from "../../plots/roc.ts";
import { queries } from "../../queries.ts";
import { Drawn } from "./drawn.tsx";
import { NoResults } from "./no-results.tsx";
import { namesOf } from "./settings.ts";
import type { TabProps } from "./tab.ts";

/** How bad it is where it matters: the curves down to the smallest false positive rate that the samples resolve. */
export function RocTab({ view, filters, change }: TabProps) {
  const query = useQuery({ ...queries.bands(filters), placeholderData: keepPreviousData });
  return (
    <>
      <div className="filters row">
        <Choice
          label="Axes"
          value={view.scale}
          options={[
            { value: "log", label: "logarithmic" },
            { value: "linear", label: "linear" },
          ]}
          onChange={(scale) => change({ scale })}
        />
      </div>
      <Drawn query={query} filters={filters} change={change}>
        {({ bands }) => {
          if (bands.length === 0) return <NoResults filters={filters} />;
          const names = namesOf(bands.map(({ setting }) => setting));
          const named = bands
            .map((band, at) => ({ ...band, facet: names[at]?.facet ?? "", name: names[at]?.series ?? "" }))
            .sort((one, other) => byName(one.facet, other.facet) || byName(one.name, other.name));
          const series = named.flatMap(({ setting, example, smallestFpr, ...band }) =>
            smallestFpr === null ? [] : { ...band, key: example, smallestFpr, synthetic: setting.data === "synthetic" },
          );
          return (
            <>
              {series.length > 0 && (
                <>
                  <Plot
                    name={`roc-${view.scale}`}
                    draw={(width) => plotRoc(series, { title: "ROC curves", linear: view.scale === "linear", width })}
                  />
                  <p className="faint">
                    Means over n repeats ± one standard deviation; of a single repeat its 95 % interval.
                  </p>
                </>
              )}
              <WithoutScores bands={named} />
            </>
          );
        }}
      </Drawn>
    </>
  );
}

type Band = z.output<typeof rocBandsSchema>["bands"][number] & { facet: string; name: string };

/** What the picture is not of, since curves are made of scores and these are not there. */
function WithoutScores({ bands }: { bands: readonly Band[] }) {
  const removed = bands.reduce((sum, band) => sum + band.removed, 0);
  const altered = bands.reduce((sum, band) => sum + band.altered, 0);
  const bare = bands.filter(({ n }) => n === 0);
  if (removed + altered === 0) return null;
  return (
    <section>
      <p>The scores of {countOf(removed + altered, "result")} are not there; curves are of the other repeats alone.</p>
      {bare.length > 0 && (
        <details>
          <summary>Without a curve, for no repeat has its scores: {countOf(bare.length, "combination")}</summary>
          <ul>
            {bare.map(({ example, facet, name }) => (
              <li key={example}>
                {facet}: {name}
              </li>
            ))}
          </ul>
        </details>
      )}
      {removed > 0 && (
        <p>
          Removed: {removed}. They are made anew when their experiment is run again:{" "}
          <code>npm run farm -- run FILE</code>
        </p>
      )}
      {altered > 0 && (
        <p>
          Altered or lost: {altered}. Which, and what was found, says <code>npm run farm -- artifacts verify</code>.
          With its option <code>--forget-scores</code> they too are made anew when their experiment is run again.
        </p>
      )}
    </section>
  );
}
