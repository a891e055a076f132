import type { frontierSchema } from "@shadowfarm/core/api/results";
import { leakMetrics } from "@shadowfarm/core/frontier";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { Plot } from "../../parts/plot.tsx";
import { accuracyScale, type FrontierDot, plotFrontier } from "../../plots/frontier.ts";
import { estimateText } from "../../plots/words.ts";
import { queries } from "../../queries.ts";
import { Drawn } from "./drawn.tsx";
import { MetricChoice } from "./metric-choice.tsx";
import { NoResults } from "./no-results.tsx";
import { namesOf } from "./settings.ts";
import type { TabProps } from "./tab.ts";
import { comparable } from "./view.ts";

type Frontier = z.output<typeof frontierSchema>["frontiers"][number];

/** Pictures that are drawn before a filter is asked for. */
const MOST = 12;

/** What a defense costs: accuracy against leakage, one picture for each target. */
export function FrontierTab({ view, filters, change }: TabProps) {
  const metric = leakMetrics.find((known) => known === view.metric) ?? "auc";
  const query = useQuery({ ...queries.frontier({ ...filters, metric }), placeholderData: keepPreviousData });
  return (
    <>
      <div className="filters row">
        <MetricChoice view={{ ...view, metric }} change={change} only={leakMetrics} />
        <label>
          Test accuracy of at least{" "}
          <input
            type="number"
            min={0}
            max={1}
            step={0.001}
            value={view.accuracy ?? ""}
            onChange={({ target }) =>
              change({ accuracy: target.value === "" ? undefined : Number(target.value) }, true)
            }
          />
        </label>
        <span className="faint">or drag in a picture from there to the right; click in it to let go</span>
      </div>
      <Drawn query={query} filters={filters} change={change}>
        {({ frontiers }) => {
          if (frontiers.length === 0) return <NoResults filters={filters} />;
          const names = namesOf(frontiers.map(({ setting }) => setting));
          // Where there is most to compare.
          const targets = frontiers
            .map((frontier, at) => ({ frontier, name: names[at]?.facet ?? "" }))
            .sort((one, other) => other.frontier.points.length - one.frontier.points.length);
          return (
            <>
              <div className="pictures">
                {targets.slice(0, MOST).map(({ frontier, name }) => (
                  <One
                    key={JSON.stringify(frontier.setting)}
                    frontier={frontier}
                    name={name}
                    metric={metric}
                    least={view.accuracy ?? 0}
                    onLeast={(accuracy) => change({ accuracy })}
                  />
                ))}
              </div>
              {frontiers.length > MOST && (
                <p>{frontiers.length - MOST} more targets are not drawn. Filter by dataset or model to see them.</p>
              )}
            </>
          );
        }}
      </Drawn>
    </>
  );
}

interface OneProps {
  frontier: Frontier;
  name: string;
  metric: (typeof leakMetrics)[number];
  least: number;
  onLeast: (least: number | undefined) => void;
}

function One({ frontier, name, metric, least, onLeast }: OneProps) {
  const { title, chance } = comparable[metric];
  const dots = dotsOf(frontier, title);
  const sought = dots.filter(({ accuracy }) => accuracy.mean >= least);
  const [best] = sought.sort((one, other) => one.leak.mean - other.leak.mean);
  const synthetic = frontier.setting.data === "synthetic" ? ", SYNTHETIC data" : "";
  return (
    <section>
      <h2>
        {name}
        {synthetic}
      </h2>
      <Plot
        name={`frontier-${name}`}
        most={800}
        draw={(width) =>
          plotFrontier(dots, {
            title: `${name}${synthetic}`,
            leakLabel: `${title} of the strongest attack`,
            chance,
            width,
            least,
          })
        }
        along="x"
        onDrag={(from, to, width) => {
          // To three decimals, about a pixel.
          const begin = accuracyScale(dots, width).invert(Math.min(from.x, to.x)).toFixed(3);
          onLeast(from === to || dots.length === 0 ? undefined : Number(begin));
        }}
      />
      {best ? (
        <p>
          {least > 0 ? `With a test accuracy of at least ${least}, ` : ""}
          {best.undefended ? "the undefended model" : `${best.family} ${best.strength}`} leaks least: {best.note}.
        </p>
      ) : (
        dots.length > 0 && <p>No defense here has a test accuracy of at least {least}.</p>
      )}
    </section>
  );
}

function dotsOf({ points }: Frontier, title: string): FrontierDot[] {
  return points.flatMap(({ defense, defenseParams, accuracy, leak, pareto, line }, at) => {
    if (leak === null) return [];
    const family = points.filter((other) => other.defense === defense);
    const strength = Object.entries(defenseParams)
      .filter(([param, value]) => family.some((other) => other.defenseParams[param] !== value))
      .map(([param, value]) => `${param} ${value}`)
      .join(", ");
    return {
      ...{ key: `${defense} ${strength}`, family: defense, strength, undefended: defense === "none" },
      // What is on no line with others is on one of its own.
      ...{ line: line === null ? `alone ${at}` : String(line), accuracy, leak, n: leak.n, pareto },
      note: `test accuracy ${estimateText(accuracy)}; ${title} ${estimateText(leak)} by ${leak.attack}`,
    };
  });
}
