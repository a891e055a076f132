import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Choice } from "../../parts/choice.tsx";
import { Plot } from "../../parts/plot.tsx";
import { byName } from "../../parts/words.ts";
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
          const series = bands
            .map(({ setting, n, example, smallestFpr, points }, at) => ({
              ...{ facet: names[at]?.facet ?? "", name: names[at]?.series ?? "", key: example, n, smallestFpr, points },
              synthetic: setting.data === "synthetic",
            }))
            .sort((one, other) => byName(one.facet, other.facet) || byName(one.name, other.name));
          return (
            <>
              <Plot
                name={`roc-${view.scale}`}
                draw={(width) => plotRoc(series, { title: "ROC curves", linear: view.scale === "linear", width })}
              />
              <p className="faint">
                Means over n repeats ± one standard deviation; of a single repeat its 95 % interval.
              </p>
            </>
          );
        }}
      </Drawn>
    </>
  );
}
