/** ln of the normal density. */
export function logDensity(x: number, mean: number, deviation: number): number {
  const z = (x - mean) / deviation;
  return -0.5 * z * z - Math.log(deviation) - 0.5 * Math.log(2 * Math.PI);
}

/** ln P[N(0, 1) ≤ z], also far out in the tail, where the probability itself is no double any more. */
export function logCdf(z: number): number {
  if (z > 0) return Math.log1p(-tail(z));
  if (z > -8) return Math.log(tail(-z));
  return -0.5 * z * z - 0.5 * Math.log(2 * Math.PI) + Math.log(millsRatio(-z));
}

/** The z for which P[N(0, 1) ≤ z] is `probability`, which lies between 0 and 1. */
export function normalQuantile(probability: number): number {
  const wanted = Math.log(probability);
  let [low, high] = [-40, 40];
  // The loop ends when no double lies between the bounds; until then each step halves them.
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (logCdf(middle) < wanted) low = middle;
    else high = middle;
  }
}

/** P[N(0, 1) > z] for z ≥ 0. */
function tail(z: number): number {
  return z > 3 ? (Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)) * millsRatio(z) : 0.5 - series(z);
}

/** P[0 < N(0, 1) ≤ z]: the series of Abramowitz & Stegun 26.2.11, whose terms all have one sign. */
function series(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
  }
  return (Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)) * sum;
}

/** P[N(0, 1) > z] / density(z) for z > 3: the continued fraction of Abramowitz & Stegun 26.2.14, from its end. */
function millsRatio(z: number): number {
  let fraction = z;
  for (let n = 100; n >= 1; n--) fraction = z + n / fraction;
  return 1 / fraction;
}
