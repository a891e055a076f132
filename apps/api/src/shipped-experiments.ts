import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Catalog } from "@shadowfarm/core/catalog";
import { messageOf } from "@shadowfarm/core/errors";
import { type ExperimentSpec, parseExperiment } from "@shadowfarm/core/experiment";
import { parse } from "yaml";

const CHECKOUT = fileURLToPath(new URL("../../..", import.meta.url));
const FOLDER = "apps/farm/experiments";

/** The experiment files of this version. */
export interface ShippedExperiments {
  /** By their place in the checkout. */
  files: { file: string; spec: ExperimentSpec }[];
  /** Files that cannot be read, and why. */
  problems: string[];
}

/** Reads the experiment files that come with this version. */
export async function shippedExperiments(catalog: Catalog): Promise<ShippedExperiments> {
  const found = await readdir(path.join(CHECKOUT, FOLDER), { recursive: true });
  const names = found.filter((name) => name.endsWith(".yaml")).sort();
  const shipped: ShippedExperiments = { files: [], problems: [] };
  for (const name of names) {
    const file = path.posix.join(FOLDER, ...name.split(path.sep));
    try {
      const content: unknown = parse(await readFile(path.join(CHECKOUT, file), "utf8"));
      shipped.files.push({ file, spec: parseExperiment(content, catalog).spec });
    } catch (error) {
      shipped.problems.push(`${file}: ${messageOf(error)}`);
    }
  }
  return shipped;
}
