import fc from "fast-check";
import { expect, test } from "vitest";
import { createRng, type Rng } from "./rng.ts";

const paths = fc.string({ maxLength: 20 });

function draw(rng: Rng, count = 8): number[] {
  return Array.from({ length: count }, () => rng.uint32());
}

test("the stream of a path is pinned: keys and stored results depend on it", () => {
  expect(draw(createRng(1).child("shadow", 3), 3)).toEqual(draw(createRng("1/shadow/3"), 3));
  expect(draw(createRng(1), 4)).toMatchInlineSnapshot(`
    [
      4270799928,
      5868708,
      1475623905,
      110993013,
    ]
  `);
});

test("equal paths give equal streams, however they were reached and whatever was drawn before", () => {
  fc.assert(
    fc.property(paths, paths, fc.nat(20), (root, name, drawn) => {
      const parent = createRng(root);
      draw(parent, drawn);
      const child = parent.child(name, 3);
      const stream = draw(child);
      expect(stream).toEqual(draw(createRng(root).child(name).child("3")));
      expect(stream).toEqual(draw(createRng(child.path)));
    }),
  );
});

test("different paths give different streams", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    for (let shadow = 0; shadow < 20; shadow++) seen.add(draw(createRng(seed).child("shadow", shadow), 2).join());
  }
  expect(seen.size).toBe(400);
});

test("uniform stays in [0, 1) and int in [0, bound)", () => {
  fc.assert(
    fc.property(paths, fc.integer({ min: 1, max: 2 ** 32 }), (path, bound) => {
      const rng = createRng(path);
      const uniform = rng.uniform();
      expect(uniform >= 0 && uniform < 1).toBe(true);
      const drawn = rng.int(bound);
      expect(Number.isInteger(drawn) && drawn >= 0 && drawn < bound).toBe(true);
    }),
  );
});

test.each([0, -1, 2.5, 2 ** 32 + 1, Number.NaN])("int refuses the bound %s", (bound) => {
  expect(() => createRng(1).int(bound)).toThrow(RangeError);
});

test("int is even: the chi-square of 1,000 cells is near its mean", () => {
  const rng = createRng("even");
  const cells = new Uint32Array(1000);
  for (let i = 0; i < 100_000; i++) {
    const cell = rng.int(1000);
    cells[cell] = (cells[cell] as number) + 1;
  }
  const chiSquare = cells.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
  // Mean 999, standard deviation 45.
  expect(Math.abs(chiSquare - 999)).toBeLessThan(180);
});

test("int is even for a bound that does not divide 2³²", () => {
  const rng = createRng("rejection");
  let low = 0;
  for (let i = 0; i < 10_000; i++) if (rng.int(3 * 2 ** 30) < 2 ** 30) low++;
  // A third; by the remainder alone it would be a half. Standard deviation 0.005.
  expect(Math.abs(low / 10_000 - 1 / 3)).toBeLessThan(0.025);
});

test("normal has the moments of a standard normal", () => {
  const rng = createRng("normal");
  const values = Array.from({ length: 100_000 }, () => rng.normal());
  const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
  expect(values.every(Number.isFinite)).toBe(true);
  expect(Math.abs(moment(1))).toBeLessThan(0.015);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(0.02);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.15);
});

test("a permutation holds each index once, and works detached from its generator", () => {
  fc.assert(
    fc.property(paths, fc.nat(200), (path, n) => {
      const { permutation } = createRng(path);
      const order = permutation(n);
      expect(order).toHaveLength(n);
      expect([...order].sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
    }),
  );
});

test("every order of three comes up equally often", () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 6000; seed++) {
    const order = createRng(seed).permutation(3).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  // 1,000 expected in each, standard deviation 29.
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
});
