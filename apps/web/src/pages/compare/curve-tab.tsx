import type { paperSchema } from "@shadowfarm/core/api/papers";
import type { groupsSchema } from "@shadowfarm/core/api/results";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { Choice } from "../../parts/choice.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Plot } from "../../parts/plot.tsx";
import { byName } from "../../parts/words.ts";
import { type CurvePoint, plotCurve } from "../../plots/curve.ts";
import type { Published } from "../../plots/lines.ts";
import { queries } from "../../queries.ts";
import { Drawn } from "./drawn.tsx";
import { MetricChoice } from "./metric-choice.tsx";
import { NoResults } from "./no-results.tsx";
import { differing, dimensionsOf, type Name, namesOf } from "./settings.ts";
import type { TabProps } from "./tab.ts";
import { comparable } from "./view.ts";

type Group = z.output<typeof groupsSchema>["groups"][number];
type Comparison = z.output<typeof paperSchema>["comparisons"][number];

/** Combinations that a picture has room for. */
const MOST = 1_000;

/** How it scales with epochs, shadow models, queries, ε, or any other number that differs. */
export function CurveTab({ view, filters, change }: TabProps) {
  const { metric } = view;
  const query = useQuery({ ...queries.groups({ ...filters, metric, limit: MOST }), placeholderData: keepPreviousData });
  const experiment = filters.experimentId?.[0] ?? filters.experiment?.[0];
  const paper = useQuery({ ...queries.paper(experiment ?? ""), enabled: experiment !== undefined });
  return (
    <Drawn query={query} filters={filters} change={change}>
      {({ groups }) => {
        if (groups.length === 0) return <NoResults filters={filters} />;
        const numbers = numericIn(groups);
        const x = view.x ?? numbers[0];
        if (x === undefined) {
          return (
            <Empty title="No number differs between these results">
              <p>
                Sweep one in an experiment file, such as training.epochs, and its results are drawn against it here.
              </p>
              <pre>
                <code>{"training: { epochs: [5, 10, 20, 40] }"}</code>
              </pre>
            </Empty>
          );
        }
        const { title, chance } = comparable[metric];
        const { points, names } = pointsOf(groups, x, metric);
        const published = publishedOf(paper.data?.comparisons ?? [], groups, names, x, metric);
        return (
          <>
            <div className="filters row">
              <MetricChoice view={view} change={change} />
              <Choice
                label="against"
                value={x}
                options={[...new Set([x, ...numbers])]}
                onChange={(next) => change({ x: next })}
              />
            </div>
            <Plot
              name={`${metric}-${x}`}
              draw={(width) =>
                plotCurve(points, {
                  ...{ title: `${title} by ${x}`, xLabel: x, yLabel: title, chance, most: 1, published, width },
                  log: spansDecades(points),
                })
              }
            />
            <p className="faint">
              Means over n repeats with 95 % intervals{published.length > 0 ? "; hollow: the paper's numbers" : ""}.
            </p>
          </>
        );
      }}
    </Drawn>
  );
}

/** Dimensions that differ, and are numbers wherever a combination has them. */
function numericIn(groups: readonly Group[]): string[] {
  const settings = groups.map(({ by }) => by);
  const flat = settings.map(dimensionsOf);
  return differing(settings).filter((name) =>
    flat.every((own) => own[name] === undefined || typeof own[name] === "number"),
  );
}

function pointsOf(groups: readonly Group[], x: string, metric: string): { points: CurvePoint[]; names: Name[] } {
  const names = namesOf(
    groups.map(({ by }) => by),
    x,
  );
  const points = groups.flatMap(({ by, n, metrics, synthetic }, at) => {
    const [place, found] = [dimensionsOf(by)[x], metrics[metric]];
    const { facet, series } = names[at] as Name;
    if (typeof place !== "number" || !found || found.mean === null) return [];
    return {
      ...{ facet, series, key: `${facet}/${series}`, synthetic: synthetic > 0, x: place, n },
      ...{ mean: found.mean, low: found.low ?? found.mean, high: found.high ?? found.mean },
    };
  });
  points.sort((one, other) => byName(one.facet, other.facet) || byName(one.series, other.series));
  return { points, names };
}

/** The paper's numbers that are about one of the combinations, each in the place of that one. */
function publishedOf(
  comparisons: readonly Comparison[],
  groups: readonly Group[],
  names: readonly Name[],
  x: string,
  metric: string,
): Published[] {
  return comparisons.flatMap((own) => {
    const { [x]: place, ...rest } = own.where;
    if (own.metric !== metric || typeof place !== "number") return [];
    const at = groups.findIndex(({ by }) => {
      const dimensions = dimensionsOf(by);
      return Object.entries(rest).every(([name, value]) => dimensions[name] === value);
    });
    const name = names[at];
    return name ? { ...name, x: place, y: own.value, note: `${own.figure}: ${own.value}` } : [];
  });
}

/** Whether neighbours would lie on each other on a linear axis. */
function spansDecades(points: readonly CurvePoint[]): boolean {
  const xs = points.map(({ x }) => x);
  return Math.max(...xs) >= 16 * Math.min(...xs);
}
