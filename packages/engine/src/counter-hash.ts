/**
 * Random numbers as a pure function of their position: no state, so any batch order, backend or restart gives the same.
 * Only `Math.imul`, `>>>`, `^` and `+` on 32 bits are used, which a compiled graph has too (ONNX Mul, BitShift,
 * BitwiseXor and Add on uint32), so that it can reproduce every bit.
 *
 *     key0 = mix(mix(mix(seed + 0x9e3779b9) ^ step) + call)
 *     key1 = mix(key0 ^ 0x85ebca6b)
 *     hash = mix(mix(element ^ key0) + key1)
 *
 * with `mix` the 32-bit finalizer "lowbias32" (C. Wellons, "Hash Prospector", 2018). Two keys, because with one alone
 * calls whose keys differ in low bits only would hold the same numbers in another order.
 */
export function counterHash(seed: number, step: number, call: number, element: number): number {
  const key0 = keyOf(seed, step, call);
  return mix((mix(element ^ key0) + mix(key0 ^ 0x85ebca6b)) | 0);
}

/** `count` numbers in [0, 1): the upper 24 bits of the hash of element 0, 1, …, which a float32 holds exactly. */
export function uniformNumbers(seed: number, step: number, call: number, count: number): Float32Array {
  const key0 = keyOf(seed, step, call);
  const key1 = mix(key0 ^ 0x85ebca6b);
  const numbers = new Float32Array(count);
  for (let element = 0; element < count; element++) {
    numbers[element] = (mix((mix(element ^ key0) + key1) | 0) >>> 8) / 2 ** 24;
  }
  return numbers;
}

function keyOf(seed: number, step: number, call: number): number {
  return mix((mix(mix((seed + 0x9e3779b9) | 0) ^ step) + call) | 0);
}

/** A bijection of the 32-bit integers in which every input bit moves every output bit; unsigned. */
function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}
