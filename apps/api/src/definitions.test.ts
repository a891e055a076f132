import { fileURLToPath } from "node:url";
import { listUnits } from "@shadowfarm/core/unit-listing";
import { catalog } from "@shadowfarm/ml/catalog";
import { expect, test } from "vitest";
import { definitionsIn } from "./definitions.ts";

test("the documentation defines every attack and every defense", async () => {
  const definitions = await definitionsIn(fileURLToPath(new URL("../../../docs", import.meta.url)));
  const undefinedOnes = listUnits(catalog)
    .filter(({ kind }) => kind === "attack" || kind === "defense")
    .map(({ kind, name }) => `${kind} ${name}`)
    .filter((unit) => !definitions.has(unit));
  expect(undefinedOnes).toEqual([]);
  expect(definitions.get("attack gap")).toEqual([
    { name: "definition used", text: "member if the predicted label is right" },
  ]);
  expect(definitions.get("attack attack-r")).toEqual(definitions.get("attack attack-p"));
});

test("without documentation there are no definitions", async () => {
  expect(await definitionsIn("/nowhere")).toEqual(new Map());
});
