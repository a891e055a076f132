/**
 * Random numbers as a pure function of their position: no state, so any batch order, backend or restart gives the same.
 * Only `Math.imul`, `>>>`, `^` and `+` on 32 bits are used, which a compiled graph has too (ONNX Mul, BitShift,
 * BitwiseXor and Add on uint32), so that it can reproduce every bit.
 *
 *     key  = mix(mix(mix(seed + 0x9e3779b9) ^ step) + call)
 *     hash = stir(mix(element + 0x9e3779b9) ^ key)
 *
 * with `mix` the 32-bit finalizer "lowbias32" (C. Wellons, "Hash Prospector", 2018), and `stir` its middle: element and key
 * are mixed already, each on its own, and of the hash only the upper bits are used. An element's part is a constant of a
 * graph, which has then four operations to do instead of sixteen.
 */
export function counterHash(seed: number, step: number, call: number, element: number): number {
  return stir(scattered(element) ^ counterKey(seed, step, call));
}

/** `count` numbers in [0, 1): the upper 24 bits of the hash of element 0, 1, …, which a float32 holds exactly. */
export function uniformNumbers(seed: number, step: number, call: number, count: number): Float32Array {
  const key = counterKey(seed, step, call);
  const numbers = new Float32Array(count);
  for (let element = 0; element < count; element++) {
    numbers[element] = (stir(scattered(element) ^ key) >>> 8) / 2 ** 24;
  }
  return numbers;
}

/** What the hash of every element of one call has in common. */
export function counterKey(seed: number, step: number, call: number): number {
  return mix((mix(mix((seed + 0x9e3779b9) | 0) ^ step) + call) | 0);
}

/** An element's part of the hash. */
export function scattered(element: number): number {
  return mix((element + 0x9e3779b9) | 0);
}

function stir(value: number): number {
  const x = Math.imul(value, 0x7feb352d);
  return Math.imul(x ^ (x >>> 15), 0x846ca68b) >>> 0;
}

/** A bijection of the 32-bit integers in which every input bit moves every output bit; unsigned. */
function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}
