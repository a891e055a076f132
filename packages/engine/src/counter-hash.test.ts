import { expect, test } from "vitest";
import { counterHash, uniformNumbers } from "./counter-hash.ts";

const vectors: { at: [seed: number, step: number, call: number, element: number]; hash: number }[] = [
  { at: [0, 0, 0, 0], hash: 2357568938 },
  { at: [1, 0, 0, 0], hash: 3624769229 },
  { at: [0, 1, 0, 0], hash: 2438734387 },
  { at: [0, 0, 1, 0], hash: 4037402323 },
  { at: [0, 0, 0, 1], hash: 4086631625 },
  { at: [0xffffffff, 123456, 7, 999999], hash: 1421501316 },
];

test.each(vectors)("fixed vector $at: every engine and version must reproduce these bits", ({ at, hash }) => {
  expect(counterHash(...at)).toBe(hash);
});

test.each(vectors)("unsigned arithmetic modulo 2³², as a graph has it, gives $hash too", ({ at, hash }) => {
  const [seed, step, call, element] = at.map(BigInt) as [bigint, bigint, bigint, bigint];
  const wrap = (x: bigint) => x & 0xffffffffn;
  const mix = (x: bigint) => {
    const y = wrap((x ^ (x >> 16n)) * 0x7feb352dn);
    const z = wrap((y ^ (y >> 15n)) * 0x846ca68bn);
    return z ^ (z >> 16n);
  };
  const stir = (x: bigint) => {
    const y = wrap(x * 0x7feb352dn);
    return wrap((y ^ (y >> 15n)) * 0x846ca68bn);
  };
  const key = mix(wrap(mix(mix(wrap(seed + 0x9e3779b9n)) ^ step) + call));
  expect(Number(stir(mix(wrap(element + 0x9e3779b9n)) ^ key))).toBe(hash);
});

test("numbers are the hash's upper 24 bits", () => {
  const numbers = uniformNumbers(42, 3, 1, 1000);
  expect(numbers).toEqual(numbers.map((_, element) => (counterHash(42, 3, 1, element) >>> 8) / 2 ** 24));
});

test("numbers are uniform in [0, 1)", () => {
  const numbers = uniformNumbers(7, 0, 0, 100_000);
  const bins = new Array<number>(20).fill(0);
  for (const number of numbers) bins[Math.floor(number * 20)] = (bins[Math.floor(number * 20)] as number) + 1;
  expect(bins.length).toBe(20);
  // Chi-squared with 19 degrees of freedom: 43.8 is exceeded with probability 0.001.
  expect(bins.reduce((sum, count) => sum + (count - 5000) ** 2 / 5000, 0)).toBeLessThan(43.8);
});

test.each([
  ["seed", uniformNumbers(8, 0, 0, 20_000)],
  ["step", uniformNumbers(7, 1, 0, 20_000)],
  ["call", uniformNumbers(7, 0, 1, 20_000)],
  ["element", uniformNumbers(7, 0, 0, 20_001).slice(1)],
])("neighbours in the %s are uncorrelated, and not the same numbers in another order", (_, others) => {
  const numbers = uniformNumbers(7, 0, 0, 20_000);
  const covariance = numbers.reduce((sum, number, at) => sum + (number - 0.5) * ((others[at] as number) - 0.5), 0);
  expect(Math.abs((12 * covariance) / numbers.length)).toBeLessThan(4 / Math.sqrt(numbers.length));
  if (others[0] === numbers[1]) return;
  const seen = new Set(numbers);
  // Chance alone repeats 20,000² / 2²⁴ ≈ 24 of them.
  expect(others.filter((number) => seen.has(number)).length).toBeLessThan(60);
});
