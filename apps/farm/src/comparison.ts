import { InvalidInput } from "@shadowfarm/core/errors";
import {
  bestAccuracyAt,
  chance,
  type Frontier,
  type FrontierPoint,
  frontiersOf,
  type LeakMetric,
  leakMetrics,
  paretoSet,
} from "@shadowfarm/core/frontier";
import { suggestion } from "@shadowfarm/core/suggestion";
import type { ResultRow } from "@shadowfarm/store/results";
import { attackName, attacksTable, bestLine, caveatsOf, frontierTable, leakTitles } from "./frontier-table.ts";
import { renderOrigins, renderTable, settingNames } from "./tables.ts";

/** What `compare` was given. */
export interface CompareOptions {
  frontier?: boolean;
  metric: string;
  attack?: string;
  atMost?: number;
  json?: boolean;
}

/** @throws {InvalidInput} for options that no results could answer. */
export function checkOptions({ frontier, metric, atMost }: CompareOptions): void {
  const asked = metricOf(metric);
  if (atMost === undefined) return;
  if (!frontier) throw new InvalidInput(`--at-most ${atMost} needs --frontier; add it`);
  if (!(atMost >= chance[asked] && atMost <= 1)) {
    throw new InvalidInput(
      `--at-most ${atMost} is out of reach, since guessing has ${metric} ${chance[asked]}; give a number from ${chance[asked]} to 1`,
    );
  }
}

/**
 * What `compare` prints.
 *
 * @param experiment its name; undefined when the results are all there are
 * @throws {InvalidInput} when the results do not have what is asked for.
 */
export function comparison(
  results: readonly ResultRow[],
  { frontier = false, metric: given, attack, atMost, json = false }: CompareOptions,
  experiment?: string,
): string {
  const metric = metricOf(given);
  const chosen = attackedBy(results, attack, experiment);
  const frontiers = frontiersOf(chosen);
  if (frontiers.every(({ points }) => points.every(({ leaks }) => leaks[metric] === null))) {
    throw unresolved(metric, chosen);
  }
  if (json) return JSON.stringify(asJson(frontiers, metric, atMost), null, 2);
  return asText(frontiers, metric, atMost, frontier);
}

function metricOf(given: string): LeakMetric {
  const metric = leakMetrics.find((known) => known === given);
  if (!metric) throw new InvalidInput(`unknown metric "${given}" in --metric; known: ${leakMetrics.join(", ")}`);
  return metric;
}

/** The results of one attack, by its name or by the name that tables give it, with parameters. */
function attackedBy(results: readonly ResultRow[], attack: string | undefined, experiment: string | undefined) {
  const place = experiment === undefined ? "any experiment" : `experiment "${experiment}"`;
  if (results.length === 0) {
    const remedy = experiment === undefined ? "run one: shadowfarm run SPEC" : "run it to its end first";
    throw new InvalidInput(`there are no results of ${place} yet; ${remedy}`);
  }
  if (attack === undefined) return results;
  const chosen = results.filter((row) => row.attack === attack || attackName(row) === attack);
  if (chosen.length > 0) return chosen;
  const known = [...new Set(results.flatMap((row) => [row.attack, attackName(row)]))];
  throw new InvalidInput(
    `no attack "${attack}" in the results of ${place}, asked for in --attack; ${suggestion(attack, known)}`,
  );
}

function unresolved(metric: LeakMetric, results: readonly ResultRow[]): InvalidInput {
  const most = Math.max(...results.map(({ metrics }) => metrics.nonMembers));
  const least = Math.ceil(1 / chance[metric]);
  return new InvalidInput(
    `--metric ${metric} cannot be resolved: it needs ${least} non-members, and the results have at most ${most}; choose a higher FPR, or raise records`,
  );
}

function asText(
  frontiers: readonly Frontier<ResultRow>[],
  metric: LeakMetric,
  atMost: number | undefined,
  frontier: boolean,
): string {
  const names = settingNames(frontiers.map(({ first }) => first));
  const parts = frontiers.map((own, at) => {
    const { columns, rows } = frontier ? frontierTable(own, metric) : attacksTable(own, metric);
    const title = frontier ? `${names[at]}` : `${names[at]}: ${leakTitles[metric]} [95 %]`;
    const lines = [title, renderTable(columns, rows)];
    if (atMost !== undefined) lines.push(bestLine(own, metric, atMost));
    if (frontier) lines.push(...caveatsOf(own, metric));
    return lines.join("\n");
  });
  return [...parts, renderOrigins(frontiers.map(({ first }) => first))].join("\n\n");
}

function asJson(frontiers: readonly Frontier<ResultRow>[], metric: LeakMetric, atMost: number | undefined) {
  return frontiers.map(({ setting, points }) => {
    const pareto = new Set(paretoSet(points, metric));
    const shown = (point: FrontierPoint<ResultRow>) => {
      const { first: _, ...rest } = point;
      return { ...rest, pareto: pareto.has(point) };
    };
    const best = atMost === undefined ? null : bestAccuracyAt(points, { metric, atMost });
    return {
      ...{ setting, metric, points: points.map(shown) },
      ...(atMost !== undefined && { atMost, best: best && { ...shown(best.point), certain: best.certain } }),
    };
  });
}
