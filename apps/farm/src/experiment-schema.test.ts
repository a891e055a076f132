import { readFile } from "node:fs/promises";
import { experimentJsonSchema } from "@shadowfarm/core/experiment-json-schema";
import { catalog } from "@shadowfarm/ml/catalog";
import { expect, test } from "vitest";

test("the published JSON Schema is that of the catalogue: otherwise run npm run schema", async () => {
  const published = await readFile(new URL("../experiments/experiment.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(experimentJsonSchema(catalog))));
});
