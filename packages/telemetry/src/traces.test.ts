import { expect, test } from "vitest";
import { EXPERIMENT, handOutOf, spanIdOf, traceIdOf } from "./traces.ts";

test("ids are those of OpenTelemetry, and of one experiment's one thing alone", () => {
  expect(traceIdOf("ab12")).toMatch(/^[\da-f]{32}$/);
  const ids = ["ab12", "ab13"].flatMap((experiment) =>
    [EXPERIMENT, handOutOf("key", 1), handOutOf("key", 2), handOutOf("other", 1)].map((id) => spanIdOf(experiment, id)),
  );
  for (const id of ids) expect(id).toMatch(/^[\da-f]{16}$/);
  expect(new Set(ids).size).toBe(ids.length);
  expect(spanIdOf("ab12", EXPERIMENT)).toBe(ids[0]);
});
