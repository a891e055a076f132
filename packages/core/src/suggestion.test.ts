import { expect, test } from "vitest";
import { suggestion } from "./suggestion.ts";

const known = ["gap", "shadow", "threshold", "label-only", "l2"];

test.each([
  ["gpa", "gap"],
  ["GAP", "gap"],
  ["shadows", "shadow"],
  ["treshhold", "threshold"],
  ["label_only", "label-only"],
  ["l1", "l2"],
])("%s is a slip for %s", (given, meant) => {
  expect(suggestion(given, known)).toBe(`did you mean "${meant}"?`);
});

test.each(["lira", "", "x", "<<", "__proto__", "likelihood-ratio"])(
  "%j is near to nothing, and all is listed",
  (given) => {
    expect(suggestion(given, known)).toBe("known: gap, shadow, threshold, label-only, l2");
  },
);

test("the nearest one is suggested, and of equally near ones the first", () => {
  expect(suggestion("epocs", ["epics", "epochs", "epoch"])).toBe('did you mean "epics"?');
  expect(suggestion("abd", ["abe", "abc"])).toBe('did you mean "abe"?');
});

test("where nothing is known, all that is left is to remove it", () => {
  expect(suggestion("x", [])).toBe("remove it");
});
