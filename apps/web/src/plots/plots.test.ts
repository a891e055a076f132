import { expect, test } from "vitest";
import { accuracyScale, type FrontierDot, plotFrontier } from "./frontier.ts";
import { plotMatrix } from "./matrix.ts";
import { namesAlong, parallelAxes, plotParallel } from "./parallel.ts";
import { combinations, dimensions, plotsOf } from "./plots.fixture.ts";
import { plotProgress } from "./progress.ts";
import { plotRoc } from "./roc.ts";
import { tokens } from "./theme.ts";

// Renewed with `vitest run -u`.
test.each(Object.entries(plotsOf(8)))("%s is drawn as it was", async (name, plot) => {
  // A mark a line, so that differences are read.
  await expect(`${plot.replaceAll("><", ">\n<")}\n`).toMatchFileSnapshot(`golden/${name}.svg`);
});

test.each([0, 1, 3, 300])(
  "%d rows on a wide and on a narrow page: a picture with a name, every number finite",
  (rows) => {
    for (const width of [undefined, 358]) {
      for (const [name, plot] of Object.entries(plotsOf(rows, width))) {
        expect(plot, name).toMatch(/^<svg [^>]*role="img"[^>]*><title>[^<]+<\/title><desc>[^<]+<\/desc>/);
        expect(plot, name).not.toMatch(/NaN|Infinity|undefined"|null/);
      }
    }
  },
);

test("names are text, wherever they come from", () => {
  for (const [name, plot] of Object.entries(plotsOf(8))) {
    if (name === "progress" || name === "score-histogram" || name === "parallel") continue;
    expect(plot, name).toContain("&lt;b&gt;");
    expect(plot, name).not.toContain("<b>");
  }
});

test("nothing needs a style sheet or an inline style, which a page's policy may forbid, nor an id, of which a page may have another", () => {
  for (const plot of Object.values(plotsOf(8))) expect(plot).not.toMatch(/<style| style=| id=|url\(/);
});

test("every colour has 3 : 1 on its page", () => {
  const [lightPage, darkPage] = tokens.surface;
  for (const [name, [light, dark]] of Object.entries(tokens)) {
    if (name === "surface") continue;
    expect(contrast(light, lightPage), name).toBeGreaterThanOrEqual(3);
    expect(contrast(dark, darkPage), name).toBeGreaterThanOrEqual(3);
  }
});

function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [one, other].map(luminance).sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test("a cell says what it is, hollow where nothing can be resolved, hatched where data are synthetic", () => {
  const cell = { row: "mnist", column: "lira", key: "a", n: 3, value: { mean: 0.7, low: 0.6, high: 0.8 } };
  const options = { title: "AUC", metric: "AUC", chance: 0.5 };
  const real = plotMatrix([{ ...cell, synthetic: false }], options);
  expect(real).toContain("<title>mnist, lira: AUC 0.700 [0.600, 0.800], n = 3</title>");
  expect(real).not.toMatch(/SYNTHETIC data|not resolvable</);
  expect(plotMatrix([{ ...cell, synthetic: true }], options)).toContain("n = 3, SYNTHETIC data</title>");
  expect(plotMatrix([{ ...cell, synthetic: false, value: null }], options)).toContain(">n/a</text>");
});

test("ROC curves begin where the sample resolves something", () => {
  const points = [0, 0.001, 0.01, 1].map((fpr) => ({ fpr, tpr: fpr, low: fpr, high: fpr }));
  const series = { facet: "", name: "lira", key: "k", synthetic: false, n: 1, smallestFpr: 0.01, points };
  const logarithmic = plotRoc([series], { title: "ROC" });
  const [, line = ""] = /<path d="([^"]*)" fill="none"/.exec(logarithmic) ?? [];
  expect(line.match(/[ML]/g)).toHaveLength(2);
});

/** A defense of that accuracy and AUC, with intervals of ± 0.01. */
function aDot(family: string, accuracy: number, leak: number, changes: Partial<FrontierDot> = {}): FrontierDot {
  const around = (mean: number) => ({ mean, low: mean - 0.01, high: mean + 0.01 });
  return {
    ...{ key: family, family, strength: "", line: family, undefended: family === "none", pareto: false, n: 3 },
    ...{ accuracy: around(accuracy), leak: around(leak), note: family, ...changes },
  };
}

test("the frontier names the undefended model and the Pareto set, draws nothing outside the frame, and takes any family", () => {
  const dots = Array.from({ length: 20 }, (_, at) =>
    aDot(`defense-${at}`, 0.5 + at / 50, 0.55 + at / 50, { pareto: at % 4 === 0 }),
  );
  const wide = aDot("none", 0.9, 0.95, { accuracy: { mean: 0.9, low: 0, high: 1 } });
  const plot = plotFrontier([...dots, wide], { title: "Frontier", leakLabel: "AUC", chance: 0.5 });
  expect(plot.match(/>undefended( \(|<)/g)).toHaveLength(2);
  expect(plot.match(/>defense-4( \(|<\/text)/g)).toHaveLength(2);
  expect(plot.match(/>defense-5( \(|<\/text)/g)).toHaveLength(1);
  const horizontal = [...plot.matchAll(/<line x1="([\d.-]+)" y1="([\d.-]+)" x2="([\d.-]+)" y2="\2"/g)];
  expect(horizontal.length).toBeGreaterThan(20);
  expect(Math.max(...horizontal.map(([, , , x2]) => Number(x2)))).toBeLessThanOrEqual(640 - 14);
});

test("of the frontier nothing vanishes below the least accuracy, which is where its pixel says", () => {
  const dots = [aDot("none", 0.9, 0.95), aDot("dropout", 0.8, 0.7), aDot("l2", 0.7, 0.6)];
  const options = { title: "Frontier", leakLabel: "AUC", chance: 0.5, width: 500 };
  const plot = plotFrontier(dots, { ...options, least: 0.8 });
  expect(plot.match(/data-key/g)).toHaveLength(3);
  const faded = [...plot.matchAll(/<path [^>]*data-key="(\w+)"[^>]*? opacity=/g)].map(([, key]) => key);
  expect(faded).toEqual(["l2"]);
  expect(plot).toContain("Faded: test accuracy below 0.8.</desc>");
  const [, pixel] = /<line x1="([\d.]+)"[^>]*data-least="0.8"/.exec(plot) ?? [];
  expect(accuracyScale(dots, 500).invert(Number(pixel))).toBeCloseTo(0.8);
  expect(plotFrontier(dots, options)).not.toMatch(/ opacity=|data-least|Faded/);
  for (const least of [0.001, 1]) {
    const far = plotFrontier(dots, { ...options, least });
    expect(far).toContain(`>≥ ${least}</text>`);
    expect(far).not.toContain("data-least");
  }
});

test("a stretch of an axis holds names or numbers; none where there are none", () => {
  const rows = combinations(8);
  const { axes, box } = parallelAxes(rows, dimensions, 900);
  const [dataset, defense, shadows] = axes;
  expect(namesAlong(rows, "shadows")).toBeNull();
  const names = namesAlong(rows, "dataset") as string[];
  expect(dataset?.brush(box.bottom, box.top)).toEqual({ names });
  const second = dataset?.place(names[1] as string) as number;
  expect(dataset?.brush(second + 3, second + 9)).toEqual({ names: [names[1]] });
  expect(dataset?.brush(second + 12, second + 20)).toBeNull();
  expect(defense?.place("unknown")).toBeNull();
  expect(shadows?.brush(box.bottom, box.top)).toEqual({ from: 1, to: 16 });
  const plot = plotParallel(rows, dimensions, {
    title: "Settings",
    brushes: new Map([
      ["shadows", { names: ["2"] }],
      ["dataset", { names: ["unknown"] }],
      ["unknown", { from: 0, to: 1 }],
    ]),
  });
  expect(plot).not.toMatch(/NaN|undefined/);
});

test("what has failed is hatched too, and no jobs are an empty bar", () => {
  const none = { done: 0, cached: 0, running: 0, failed: 0, waiting: 0 };
  expect(plotProgress({ ...none, done: 1, failed: 1 }, { title: "Jobs" })).toMatch(/data-state="failed".*<path/);
  expect(plotProgress(none, { title: "Jobs" })).toContain("<desc>no jobs</desc>");
});
