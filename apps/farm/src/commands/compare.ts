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
import { findExperiment } from "@shadowfarm/store/experiments";
import { listResults, type ResultRow } from "@shadowfarm/store/results";
import type { FarmConfig } from "../config.ts";
import { attackName, attacksTable, bestLine, caveatsOf, frontierTable, leakTitles } from "../frontier-table.ts";
import { EXIT, withStore } from "../session.ts";
import { renderOrigins, renderTable, settingNames } from "../tables.ts";

interface CompareOptions {
  frontier?: boolean;
  metric: string;
  attack?: string;
  atMost?: number;
  json?: boolean;
}

/** `compare [EXPERIMENT]`: defenses by attacks; with `--frontier` what each costs, and which of them no other beats. */
export async function compare(
  config: FarmConfig,
  name: string | undefined,
  { frontier = false, metric: given, attack, atMost, json = false }: CompareOptions,
): Promise<number> {
  const metric = metricOf(given);
  if (atMost !== undefined && !frontier) throw new InvalidInput(`--at-most ${atMost} needs --frontier; add it`);
  // Refused before anything is read.
  if (atMost !== undefined) bestAccuracyAt([], { metric, atMost });
  const results = await withStore(config, async (store) => {
    if (name === undefined) return listResults(store);
    const { id } = await findExperiment(store, name);
    return listResults(store, { experiment: id });
  });
  const chosen = attackedBy(results, attack, name);
  const frontiers = frontiersOf(chosen);
  if (frontiers.every(({ points }) => points.every(({ leaks }) => leaks[metric] === null))) {
    throw unresolved(metric, chosen);
  }
  const text = json
    ? JSON.stringify(asJson(frontiers, metric, atMost), null, 2)
    : asText(frontiers, metric, atMost, frontier);
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
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
