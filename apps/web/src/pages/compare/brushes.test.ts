import { expect, test } from "vitest";
import { brushesIn, isSought, withBrush } from "./brushes.ts";

test("an address has ranges, and names one by one", () => {
  expect([...brushesIn(["training.epochs~5~20", "dataset=adult", "auc~1~-0.5e-1", "dataset=mnist"])]).toEqual([
    ["training.epochs", { from: 5, to: 20 }],
    ["dataset", { names: ["adult", "mnist"] }],
    ["auc", { from: -0.05, to: 1 }],
  ]);
});

test("names are what they are, whatever is in them, and no range", () => {
  const names = ["5~20", "a=b", "a|b", "%7E", "", "[1,2]", "line\nbreak", "~"];
  const texts = withBrush(["dataset~5~20", "auc~0.5~1", "dataset.size=1"], "dataset", { names });
  expect(texts.slice(0, 3)).toEqual(["auc~0.5~1", "dataset.size=1", "dataset=5~20"]);
  expect(brushesIn(texts).get("dataset")).toEqual({ names });
  expect(withBrush(texts, "dataset", { from: 1, to: 2 })).toEqual(["auc~0.5~1", "dataset.size=1", "dataset~1~2"]);
  expect(withBrush(texts, "dataset", null)).toEqual(["auc~0.5~1", "dataset.size=1"]);
});

test("what is not understood looks for nothing", () => {
  const texts = ["", "~", "=", "auc", "auc~", "auc~~", "auc~1", "auc~a~b", "auc~0~Infinity", "auc~1~2~3", "=adult"];
  expect(brushesIn(texts).size).toBe(0);
});

test("a combination has what is looked for on every axis that is drawn", () => {
  const values = { dataset: "adult", size: 7, defense: null };
  const sought = (...texts: string[]) => isSought(values, brushesIn(texts));
  expect(sought()).toBe(true);
  expect(sought("dataset=adult", "dataset=mnist", "size~7~7")).toBe(true);
  expect(sought("dataset=adult", "size~8~9")).toBe(false);
  expect(sought("dataset=nowhere")).toBe(false);
  expect(sought("size=7")).toBe(true);
  expect(sought("dataset~0~1")).toBe(false);
  expect([sought("defense=null"), sought("defense=none"), sought("defense~0~1")]).toEqual([false, false, false]);
  expect([sought("attack=lira"), sought("constructor=1"), sought("__proto__~0~1")]).toEqual([true, true, true]);
});
