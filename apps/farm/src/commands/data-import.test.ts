import { InvalidInput } from "@shadowfarm/core/errors";
import { expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { importData } from "./data-import.ts";

test.each([
  ["nothing", undefined, {}, "nothing to import; give the path of official files, or --csv FILE --label COLUMN"],
  ["two things", "stick", { csv: "a.csv", label: "b" }, "a path and --csv are two imports; give one of them"],
  ["a table without its label", undefined, { csv: "a.csv" }, "--csv and --label belong together"],
  ["a label without its table", "stick", { label: "b" }, "--csv and --label belong together"],
  ["files of an unknown dataset", "stick", { name: "minst" }, 'unknown dataset "minst"; did you mean "mnist"?'],
])("an import of %s is refused", async (_, place, options, message) => {
  const error = await importData(readConfig({}), place, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidInput);
  expect(String(error)).toContain(message);
});
