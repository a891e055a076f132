import type { Answers } from "./unit.ts";

/** One number for a posterior and the true class; every one of them is larger for what a member's answer looks like. */
export type Signal = (posterior: Float32Array | Float64Array, label: number) => number;

/** Keeps a logarithm finite; the constant of Song & Mittal's code. */
const FLOOR = 1e-30;
/** The smallest positive float32, nearly: what the public LiRA codes add before a logarithm. */
const TINY = 1e-45;

/**
 * What an attack may look at. All sums are doubles.
 *
 * - `confidence`: p_y.
 * - `log-confidence`: ln p_y, the negated loss.
 * - `logit`: ln p_y − ln Σ_{c≠y} p_c, the logit-scaled confidence (Carlini et al. 2022, §IV-C). The sum is taken over the
 *   other classes, not as 1 − p_y, which a float32 near 1 cannot tell from 0.
 * - `max`: the largest posterior, whatever the class.
 * - `std`: the posterior's standard deviation.
 * - `entropy`: Σ p ln p, the negated entropy.
 * - `modified-entropy`: (1 − p_y) ln p_y + Σ_{c≠y} p_c ln(1 − p_c), negated (Song & Mittal 2021, eq. 8).
 * - `correctness`: 1 where the largest posterior is the true class's, the first of equal ones.
 */
export const signals = {
  confidence: (posterior, label) => posterior[label] as number,
  "log-confidence": (posterior, label) => Math.log((posterior[label] as number) + TINY),
  logit(posterior, label) {
    let others = 0;
    for (let c = 0; c < posterior.length; c++) if (c !== label) others += posterior[c] as number;
    return Math.log((posterior[label] as number) + TINY) - Math.log(others + TINY);
  },
  max: (posterior) => Math.max(...posterior),
  std(posterior) {
    const mean = sum(posterior, (p) => p) / posterior.length;
    return Math.sqrt(sum(posterior, (p) => (p - mean) ** 2) / posterior.length);
  },
  entropy: (posterior) => sum(posterior, (p) => p * Math.log(Math.max(p, FLOOR))),
  "modified-entropy": (posterior, label) =>
    sum(posterior, (p, c) =>
      c === label ? (1 - p) * Math.log(Math.max(p, FLOOR)) : p * Math.log(Math.max(1 - p, FLOOR)),
    ),
  correctness: (posterior, label) =>
    posterior.every((p, c) => (c < label ? p < (posterior[label] as number) : p <= (posterior[label] as number)))
      ? 1
      : 0,
} satisfies Record<string, Signal>;

export type SignalName = keyof typeof signals;

/** A signal of each record, and of each of its views; records × views. */
export function signalsOf({ posteriors, labels, classes, views }: Answers, name: SignalName): Float64Array {
  const signal: Signal = signals[name];
  return Float64Array.from({ length: labels.length * views }, (_, row) =>
    signal(posteriors.subarray(row * classes, (row + 1) * classes), labels[Math.floor(row / views)] as number),
  );
}

function sum(values: Float32Array | Float64Array, of: (value: number, at: number) => number): number {
  let total = 0;
  for (let at = 0; at < values.length; at++) total += of(values[at] as number, at);
  return total;
}
