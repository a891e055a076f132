import { jobKinds } from "@shadowfarm/core/job";
import { countByKind } from "@shadowfarm/core/plan";
import { hasEmbedded } from "@shadowfarm/store/embedded";
import { doneAmong } from "@shadowfarm/store/experiments";
import type { FarmConfig } from "../config.ts";
import { EXIT, withStore } from "../session.ts";
import { checkSubmission } from "../submission.ts";
import { renderTable } from "../tables.ts";

/** `plan SPEC`: a dry run, which writes nothing. */
export async function showPlan(config: FarmConfig, spec: string, options: { json?: boolean }): Promise<number> {
  const { plan, datasets } = await checkSubmission(spec, config, true);
  // A home without a database has nothing cached, and a dry run does not make one.
  const fresh = config.databaseUrl === null && !hasEmbedded(config.home);
  const keys = plan.jobs.map(({ key }) => key);
  const done = fresh ? new Set<string>() : await withStore(config, (store) => doneAmong(store, keys));
  const total = countByKind(plan.jobs);
  const cached = countByKind(plan.jobs.filter(({ key }) => done.has(key)));
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ datasets, cells: plan.cells.length, jobs: total, cached }, null, 2)}\n`);
    return EXIT.ok;
  }
  const right = "right" as const;
  const rows = jobKinds.map((kind) => [
    kind,
    String(total[kind]),
    String(cached[kind]),
    String(total[kind] - cached[kind]),
  ]);
  const columns = [
    { title: "kind" },
    { title: "jobs", align: right },
    { title: "cached", align: right },
    { title: "to run", align: right },
  ];
  process.stdout.write(`${renderTable(columns, rows)}\n\n${plan.cells.length} cells, ${plan.jobs.length} jobs\n`);
  for (const { name, source, origin, records } of datasets)
    process.stdout.write(`${name}: ${source.toUpperCase()} data (${origin}), ${records} records\n`);
  return EXIT.ok;
}
