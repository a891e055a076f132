import type { Download } from "@shadowfarm/core/catalog";
import { messageOf } from "@shadowfarm/core/errors";
import { byteDataset } from "../apps/farm/src/data/byte-dataset.fixture.ts";
import { pullAndReport } from "../apps/farm/src/data/pull-report.ts";

// A process that pulls a dataset from any addresses as the command line pulls the real ones: run by data.test.ts.

const [, , folder, downloads] = process.argv as [string, string, string, string];
const interruption = new AbortController();
process.once("SIGINT", () => interruption.abort());
try {
  const dataset = byteDataset("some", JSON.parse(downloads) as Download[]);
  process.stdout.write(await pullAndReport([dataset], [folder], false, interruption.signal));
} catch (error) {
  process.stderr.write(messageOf(error));
}
