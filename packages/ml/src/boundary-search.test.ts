import { createRng } from "@shadowfarm/core/rng";
import { describe, expect, test } from "vitest";
import { type AskLabels, inFixedBatches } from "./ask-labels.ts";
import { type BoundaryOptions, type Distances, searchBoundary } from "./boundary-search.ts";
import { norms } from "./boundary-walk.ts";

/** A classifier by the sign of w·x + b, in plain JavaScript. */
interface Linear {
  weights: Float64Array;
  bias: number;
}

function linear(width: number, seed = 1): Linear {
  const rng = createRng(seed).child("weights");
  const weights = Float64Array.from({ length: width }, () => rng.normal());
  // The plane goes through the middle of the unit box.
  return { weights, bias: -0.5 * weights.reduce((sum, weight) => sum + weight, 0) };
}

function margin({ weights, bias }: Linear, row: Float32Array): number {
  return row.reduce((sum, value, at) => sum + value * (weights[at] as number), bias);
}

function labelsOf(model: Linear, rows: Float32Array): Int32Array {
  const width = model.weights.length;
  return Int32Array.from({ length: rows.length / width }, (_, row) =>
    margin(model, rows.subarray(row * width, (row + 1) * width)) > 0 ? 1 : 0,
  );
}

const asking =
  (model: Linear): AskLabels =>
  async (rows) =>
    labelsOf(model, rows);

/** A model that counts the rows it is asked. */
function counting(ask: AskLabels, width: number): { ask: AskLabels; rows: number; asks: number } {
  const count = {
    rows: 0,
    asks: 0,
    async ask(rows: Float32Array) {
      count.rows += rows.length / width;
      count.asks++;
      return ask(rows);
    },
  };
  return count;
}

/** Records around the middle of the box. */
function recordsNear(width: number, count: number, spread = 0.1, seed = 1): Float32Array {
  const rng = createRng(seed).child("records");
  return Float32Array.from({ length: width * count }, () => 0.5 + spread * (2 * rng.uniform() - 1));
}

function optionsFor(width: number, changes: Partial<BoundaryOptions> = {}): BoundaryOptions {
  return {
    shape: [width],
    low: 0,
    high: 1,
    geometry: "l2",
    checkpoints: [1000],
    rng: createRng(1),
    ...changes,
  };
}

/** One norm of every record at one checkpoint, by default the last. */
function column({ distances, queries }: Distances, norm: (typeof norms)[number], checkpoint = -1): number[] {
  const perRecord = distances.length / queries.length;
  const at = (checkpoint < 0 ? perRecord / norms.length + checkpoint : checkpoint) * norms.length + norms.indexOf(norm);
  return Array.from(queries, (_, record) => distances[record * perRecord + at] as number);
}

/** Exact distances, which are those along the dual norm. */
function exactDistances(model: Linear, records: Float32Array, geometry: "l2" | "linf"): number[] {
  const { weights } = model;
  const width = weights.length;
  const dual = geometry === "l2" ? Math.hypot(...weights) : weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
  return Array.from(
    { length: records.length / width },
    (_, record) => Math.abs(margin(model, records.subarray(record * width, (record + 1) * width))) / dual,
  );
}

/** Distances over the exact ones. */
function ratios(model: Linear, records: Float32Array, distances: readonly number[], geometry: "l2" | "linf"): number[] {
  const exact = exactDistances(model, records, geometry);
  return distances.map((distance, record) => distance / (exact[record] as number));
}

describe.each(["l2", "linf"] as const)("in %s", (geometry) => {
  test.each([10, 50, 100])("the distance to a plane in %i dimensions is right to 5 % after 20 steps", async (width) => {
    for (const seed of [1, 2]) {
      const model = linear(width, seed);
      const records = recordsNear(width, 25, 0.1, seed);
      const found = await searchBoundary(
        asking(model),
        records,
        labelsOf(model, records),
        optionsFor(width, { geometry, iterations: 20, checkpoints: [100_000], rng: createRng(seed) }),
      );
      expect([...found.found]).toEqual(new Array(25).fill(1));
      const exact = exactDistances(model, records, geometry);
      for (const [record, ratio] of ratios(model, records, column(found, geometry), geometry).entries()) {
        expect(ratio).toBeGreaterThan(0.9999);
        // Twenty steps from the far end of the box do not come so near to what stands on the plane itself.
        if ((exact[record] as number) > 1e-4) expect(ratio).toBeLessThan(1.05);
      }
    }
  });
});

test("the norms are those of one point", async () => {
  const width = 30;
  const model = linear(width);
  const records = recordsNear(width, 4);
  const found = await searchBoundary(asking(model), records, labelsOf(model, records), optionsFor(width));
  const [l0, l1, l2, linf] = norms.map((norm) => column(found, norm)) as [number[], number[], number[], number[]];
  for (let record = 0; record < 4; record++) {
    const [zero, one, two, most] = [l0, l1, l2, linf].map((values) => values[record] as number) as [
      number,
      number,
      number,
      number,
    ];
    expect(zero).toBeGreaterThan(width / 2);
    expect(most).toBeLessThan(two);
    expect(two).toBeLessThan(one);
    expect(one).toBeLessThan(Math.sqrt(width) * two + 1e-6);
    expect(two).toBeLessThan(Math.sqrt(width) * most);
  }
});

test("counts every query, never beyond the budget, and comes near to it", async () => {
  const width = 20;
  const model = linear(width);
  const records = recordsNear(width, 40);
  const counted = counting(asking(model), width);
  for (const budget of [1, 2, 3, 10, 40, 300, 1001]) {
    counted.rows = 0;
    const { queries } = await searchBoundary(
      counted.ask,
      records,
      labelsOf(model, records),
      optionsFor(width, { checkpoints: [budget] }),
    );
    expect(queries.reduce((sum, count) => sum + count, 0)).toBe(counted.rows);
    expect(Math.max(...queries)).toBeLessThanOrEqual(budget);
    expect(Math.min(...queries)).toBeGreaterThanOrEqual(Math.min(budget, budget - 15));
  }
});

test("distances do not grow from checkpoint to checkpoint, and a checkpoint is what a search of that budget had found", async () => {
  const width = 20;
  const model = linear(width);
  const records = recordsNear(width, 10);
  const labels = labelsOf(model, records);
  const checkpoints = [1, 2, 5, 10, 20, 50, 150, 400, 1000];
  const found = await searchBoundary(asking(model), records, labels, optionsFor(width, { checkpoints }));
  const columns = checkpoints.map((_, at) => column(found, "l2", at));
  expect(columns[0]).toEqual(new Array(10).fill(Math.fround(Math.sqrt(width))));
  for (let at = 1; at < checkpoints.length; at++) {
    columns[at]?.forEach((distance, record) => {
      expect(distance).toBeLessThanOrEqual(columns[at - 1]?.[record] as number);
    });
  }
  // Up to the first estimate the two searches are the same.
  const small = await searchBoundary(asking(model), records, labels, optionsFor(width, { checkpoints: [10] }));
  expect(column(small, "l2")).toEqual(columns[3]);
});

test("checkpoints are exact in the midst of an estimate, and where two are one, however many rows an ask has", async () => {
  const width = 20;
  const model = linear(width);
  const records = recordsNear(width, 6);
  const labels = labelsOf(model, records);
  const search = (checkpoints: readonly number[], mostRows: number) =>
    searchBoundary(asking(model), records, labels, optionsFor(width, { checkpoints, mostRows }));
  const every = Array.from({ length: 600 }, (_, at) => at + 1);
  const one = await search(every, 1);
  for (const mostRows of [7, 50, 1000]) expect(await search(every, mostRows)).toEqual(one);
  const some = [40, 40, 77, 140, 141, 600];
  const found = await search(some, 50);
  some.forEach((queries, at) => {
    expect(column(found, "l2", at)).toEqual(column(one, "l2", queries - 1));
  });
});

test("a record's distance depends on its own random stream, not on its company or place", async () => {
  const width = 20;
  const model = linear(width);
  const records = recordsNear(width, 9);
  const labels = labelsOf(model, records);
  const options = optionsFor(width, { checkpoints: [200, 900], mostRows: 7 });
  const together = await searchBoundary(asking(model), records, labels, options);
  for (const place of [0, 4, 8]) {
    const alone = await searchBoundary(
      asking(model),
      records.slice(place * width, (place + 1) * width),
      labels.slice(place, place + 1),
      { ...options, ids: [place] },
    );
    expect(alone.distances).toEqual(together.distances.subarray(place * 8, (place + 1) * 8));
    expect(alone.queries[0]).toBe(together.queries[place]);
  }
  const last = await searchBoundary(asking(model), records.slice(3 * width), labels.slice(3), {
    ...options,
    ids: [3, 4, 5, 6, 7, 8],
    mostRows: 64,
  });
  expect(last.distances).toEqual(together.distances.subarray(3 * 8));
});

test("equal seeds find equal distances, others others", async () => {
  const width = 10;
  const model = linear(width);
  const records = recordsNear(width, 3);
  const search = (seed: number) =>
    searchBoundary(asking(model), records, labelsOf(model, records), optionsFor(width, { rng: createRng(seed) }));
  expect(await search(1)).toEqual(await search(1));
  expect((await search(2)).distances).not.toEqual((await search(1)).distances);
});

test("a misclassified record is at distance 0 after one query", async () => {
  const width = 10;
  const model = linear(width);
  const records = recordsNear(width, 4);
  const labels = labelsOf(model, records).map((label, record) => (record === 2 ? 1 - label : label));
  const found = await searchBoundary(asking(model), records, labels, optionsFor(width, { checkpoints: [1, 100] }));
  for (const norm of norms) {
    for (const checkpoint of [0, 1]) {
      expect(column(found, norm, checkpoint).map((distance) => distance === 0)).toEqual([false, false, true, false]);
    }
  }
  expect([...found.found]).toEqual([1, 1, 1, 1]);
  expect(found.queries[2]).toBe(1);
});

test("a model with one label for all leaves the distance of two corners", async () => {
  const width = 9;
  const counted = counting(async (rows) => new Int32Array(rows.length / width), width);
  const records = recordsNear(width, 5).map((value) => 4 * value - 1);
  const found = await searchBoundary(
    counted.ask,
    records,
    new Int32Array(5),
    optionsFor(width, { low: -1, high: 3, checkpoints: [50, 500], draws: 60 }),
  );
  expect([...found.found]).toEqual([0, 0, 0, 0, 0]);
  expect([...found.queries]).toEqual(new Array(5).fill(61));
  for (let at = 0; at < 10; at++) {
    expect([...found.distances.subarray(at * norms.length, (at + 1) * norms.length)]).toEqual([9, 36, 12, 4]);
  }
});

test("distances are in the units of the records", async () => {
  const width = 10;
  const model = linear(width);
  const wide: Linear = { weights: model.weights.map((weight) => weight / 4), bias: 0 };
  wide.bias = margin(model, new Float32Array(width).fill(0.25));
  const records = recordsNear(width, 4);
  const stretched = records.map((value) => 4 * value - 1);
  const options = optionsFor(width, { iterations: 15, checkpoints: [10_000] });
  const found = await searchBoundary(asking(wide), stretched, labelsOf(wide, stretched), {
    ...options,
    low: -1,
    high: 3,
  });
  for (const ratio of ratios(wide, stretched, column(found, "l2"), "l2")) {
    expect(ratio).toBeGreaterThan(0.9999);
    expect(ratio).toBeLessThan(1.05);
  }
});

test("the half subspace comes near to a smooth plane of images with few directions", async () => {
  const [size, channels] = [12, 2];
  const width = size * size * channels;
  const weights = new Float64Array(width);
  for (let at = 0; at < width; at++) {
    const [row, place] = [Math.floor(at / (size * channels)), Math.floor(at / channels) % size];
    weights[at] = Math.sin((2 * Math.PI * row) / size) + 0.5 * Math.cos((2 * Math.PI * place) / size) + (at % 2);
  }
  const model = { weights, bias: -0.5 * weights.reduce((sum, weight) => sum + weight, 0) };
  const records = recordsNear(width, 6, 0.05);
  const labels = labelsOf(model, records);
  const half = await searchBoundary(
    asking(model),
    records,
    labels,
    optionsFor(width, { shape: [size, size, channels], subspace: "half", checkpoints: [5000] }),
  );
  for (const ratio of ratios(model, records, column(half, "l2"), "l2")) {
    expect(ratio).toBeGreaterThan(0.9999);
    expect(ratio).toBeLessThan(1.15);
  }
});

test("the half subspace is for images alone", async () => {
  await expect(
    searchBoundary(asking(linear(4)), new Float32Array(4), new Int32Array(1), optionsFor(4, { subspace: "half" })),
  ).rejects.toThrow("records of shape [4] are no images");
});

test("in fixed batches the answers are the same, and the numbers of rows few", async () => {
  const width = 10;
  const model = linear(width);
  const records = recordsNear(width, 23);
  const labels = labelsOf(model, records);
  const sizes = new Set<number>();
  const fixed = inFixedBatches(
    async (rows) => {
      sizes.add(rows.length / width);
      return labelsOf(model, rows);
    },
    width,
    24,
  );
  const counted = counting(fixed, width);
  const options = optionsFor(width, { mostRows: 24 });
  const found = await searchBoundary(counted.ask, records, labels, options);
  expect(found).toEqual(await searchBoundary(asking(model), records, labels, options));
  expect(found.queries.reduce((sum, count) => sum + count, 0)).toBe(counted.rows);
  for (const size of sizes) expect([1, 2, 4, 8, 16, 24]).toContain(size);
  expect(await fixed(recordsNear(width, 100))).toEqual(labelsOf(model, recordsNear(width, 100)));
});

test("an aborted signal ends the search before the next ask", async () => {
  const width = 10;
  const model = linear(width);
  const records = recordsNear(width, 3);
  const stop = new AbortController();
  const counted = counting(asking(model), width);
  const ask: AskLabels = (rows) => {
    if (counted.asks === 7) stop.abort();
    return counted.ask(rows);
  };
  const options = optionsFor(width, { signal: stop.signal });
  await expect(searchBoundary(ask, records, labelsOf(model, records), options)).rejects.toThrow("cancelled");
  expect(counted.asks).toBe(8);
});
