import { InvalidInput } from "@shadowfarm/core/errors";
import { describeNeeds } from "@shadowfarm/core/pool";
import { changeTerms, findExperiment, type Terms } from "@shadowfarm/store/experiments";
import { listUsers, weighUser } from "@shadowfarm/store/shares";
import type { FarmConfig } from "../config.ts";
import { EXIT, withStore } from "../session.ts";
import { renderTable } from "../tables.ts";

/** The options of `run`, `submit` and `set` that say how an experiment takes part in the farm. */
export interface TermOptions {
  priority?: number;
  weight?: number;
  concurrency?: number | "none";
  requires?: string[];
  memory?: number;
}

/** Options that were not given are left out, so that they change nothing. */
export function termsOf({ priority, weight, concurrency, requires, memory }: TermOptions): Omit<Terms, "user"> {
  return {
    ...(priority !== undefined && { priority }),
    ...(weight !== undefined && { weight }),
    ...(concurrency !== undefined && { concurrency: concurrency === "none" ? null : concurrency }),
    ...(requires !== undefined && { labels: requires }),
    ...(memory !== undefined && { memory }),
  };
}

/** `set EXPERIMENT --priority N --weight X --concurrency N --requires LABELS --memory GB` */
export async function setTerms(config: FarmConfig, name: string, options: TermOptions): Promise<number> {
  const terms = termsOf(options);
  if (Object.keys(terms).length === 0) {
    throw new InvalidInput("nothing to set; give --priority, --weight, --concurrency, --requires or --memory");
  }
  return withStore(config, async (store) => {
    const { id } = await findExperiment(store, name);
    await changeTerms(store, id, terms);
    const now = await findExperiment(store, id);
    process.stdout.write(
      `${now.name} (${id}): priority ${now.priority}, weight ${now.weight}, concurrency ${now.concurrency ?? "none"}, runs on ${describeNeeds(now)}\n`,
    );
    return EXIT.ok;
  });
}

/** `users [NAME --weight X]` */
export async function showUsers(
  config: FarmConfig,
  name: string | undefined,
  options: { weight?: number; json?: boolean },
): Promise<number> {
  const { weight } = options;
  if ((name === undefined) !== (weight === undefined)) {
    throw new InvalidInput("to change a user's part of the farm, give both: shadowfarm users NAME --weight X");
  }
  return withStore(config, async (store) => {
    if (name !== undefined && weight !== undefined) await weighUser(store, name, weight);
    const users = await listUsers(store);
    if (options.json) process.stdout.write(`${JSON.stringify(users, null, 2)}\n`);
    else if (users.length === 0) process.stderr.write("nobody has submitted anything yet\n");
    else {
      const columns = [{ title: "user" }, { title: "weight", align: "right" as const }];
      process.stdout.write(
        `${renderTable(
          columns,
          users.map((user) => [user.name || "-", String(user.weight)]),
        )}\n`,
      );
    }
    return EXIT.ok;
  });
}
