import { experimentJsonSchema } from "@shadowfarm/core/experiment-json-schema";
import { listUnits } from "@shadowfarm/core/unit-listing";
import { catalog } from "@shadowfarm/ml/catalog";
import { catalogIn } from "@shadowfarm/ml/data-source";
import type { FarmConfig } from "../config.ts";
import { EXIT } from "../session.ts";
import { renderTable } from "../tables.ts";

/** `catalog`: every unit with its paper and parameters. */
export async function showCatalog(config: FarmConfig, options: { json?: boolean; schema?: boolean }): Promise<number> {
  if (options.schema) {
    // Of what every farm has, so that the published schema does not depend on where it was made.
    process.stdout.write(`${JSON.stringify(experimentJsonSchema(catalog), null, 2)}\n`);
    return EXIT.ok;
  }
  const units = listUnits(await catalogIn(config.datasetFolders));
  if (options.json) {
    process.stdout.write(`${JSON.stringify(units, null, 2)}\n`);
    return EXIT.ok;
  }
  const rows = units.map(({ kind, name, title, paper, params }) => [
    kind,
    name,
    title,
    paper,
    Object.entries(params)
      .map(([key, schema]) => `${key}=${defaultOf(schema)}`)
      .join(" "),
  ]);
  const columns = [
    { title: "kind" },
    { title: "name" },
    { title: "what" },
    { title: "paper" },
    { title: "parameters and defaults" },
  ];
  process.stdout.write(`${renderTable(columns, rows)}\n`);
  return EXIT.ok;
}

function defaultOf(schema: unknown): string {
  return typeof schema === "object" && schema !== null && "default" in schema ? String(schema.default) : "?";
}
