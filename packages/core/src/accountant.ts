import { InvalidInput } from "./errors.ts";

/** A training by the subsampled Gaussian mechanism: DP-SGD. */
export interface PrivateTraining {
  records: number;
  /** Records of a batch, on average: each record is in a batch with probability batch / records. */
  batch: number;
  epochs: number;
  /** Standard deviation of the noise, as a multiple of the bound on a record's gradient. */
  noiseMultiplier: number;
  delta: number;
}

/** What a differentially private training spends, and by what. */
export interface Privacy {
  epsilon: number;
  delta: number;
  /** See `PrivateTraining`. */
  noiseMultiplier: number;
}

/** `improved` is what is reported; `classic` is what older software prints. */
export type Conversion = "improved" | "classic";

const MOST_ORDER = 256;
const ORDERS = Array.from({ length: MOST_ORDER - 1 }, (_, at) => at + 2);
/** ln n! by n. */
const LOG_FACTORIALS = logFactorials(MOST_ORDER);

/** Steps of a training: epochs × records / batch, rounded up. */
export function stepsOf({ records, batch, epochs }: Pick<PrivateTraining, "records" | "batch" | "epochs">): number {
  return Math.ceil((epochs * records) / batch);
}

/**
 * The ε that a training spends at δ: Rényi differential privacy of the sampled Gaussian mechanism at the integer orders
 * 2 … 256 (Mironov, Talwar & Zhang 2019, §3.3), added up over the steps, and converted (`improved`: Canonne, Kamath & Steinke
 * 2020, proposition 12; `classic`: Mironov 2017, proposition 3).
 *
 * @throws {InvalidInput} for a number that is out of its range, δ ≥ 1 / records among them: it would allow giving a record away.
 */
export function epsilonSpent(training: PrivateTraining, conversion: Conversion = "improved"): number {
  check(training);
  const { records, batch, noiseMultiplier, delta } = training;
  const steps = stepsOf(training);
  const rate = batch / records;
  const epsilons = ORDERS.map((order) => {
    const spent = steps * renyi(rate, noiseMultiplier, order);
    if (conversion === "classic") return spent + Math.log(1 / delta) / (order - 1);
    return spent - (Math.log(delta) + Math.log(order)) / (order - 1) + Math.log((order - 1) / order);
  });
  return Math.max(0, Math.min(...epsilons));
}

/**
 * The smallest noise multiplier (to 1e-4) with which a training spends no more than ε.
 *
 * @throws {InvalidInput} when ε is not positive, or no noise up to 10,000 is enough.
 */
export function noiseFor(
  epsilon: number,
  training: Omit<PrivateTraining, "noiseMultiplier">,
  conversion: Conversion = "improved",
): number {
  if (!(epsilon > 0)) throw new InvalidInput(`ε is ${epsilon}; it must be positive`);
  const spends = (noiseMultiplier: number) => epsilonSpent({ ...training, noiseMultiplier }, conversion);
  let [low, high] = [0.05, 0.05];
  while (spends(high) > epsilon) {
    low = high;
    high *= 2;
    if (high > 10_000)
      throw new InvalidInput(`ε is ${epsilon}, which no noise reaches at δ = ${training.delta}; raise ε`);
  }
  while (high - low > 1e-4) {
    const middle = (low + high) / 2;
    if (spends(middle) > epsilon) low = middle;
    else high = middle;
  }
  return high;
}

/** Rényi divergence of one step at an integer order: ln Σ C(α, i) (1 − q)^(α − i) q^i e^((i² − i) / 2σ²) / (α − 1). */
function renyi(rate: number, noiseMultiplier: number, order: number): number {
  if (rate >= 1) return order / (2 * noiseMultiplier ** 2);
  const terms = Array.from({ length: order + 1 }, (_, i) => {
    const choices = logFactorial(order) - logFactorial(i) - logFactorial(order - i);
    return choices + (order - i) * Math.log1p(-rate) + i * Math.log(rate) + (i * i - i) / (2 * noiseMultiplier ** 2);
  });
  const largest = Math.max(...terms);
  return (largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0))) / (order - 1);
}

function logFactorial(n: number): number {
  return LOG_FACTORIALS[n] as number;
}

function logFactorials(most: number): Float64Array {
  const logs = new Float64Array(most + 1);
  for (let n = 1; n <= most; n++) logs[n] = (logs[n - 1] as number) + Math.log(n);
  return logs;
}

function check({ records, batch, epochs, noiseMultiplier, delta }: PrivateTraining): void {
  if (!(batch > 0 && batch <= records))
    throw new InvalidInput(`batch is ${batch}; it must be in 1 … ${records} records`);
  if (!(epochs > 0)) throw new InvalidInput(`epochs is ${epochs}; it must be positive`);
  if (!(noiseMultiplier > 0)) throw new InvalidInput(`the noise multiplier is ${noiseMultiplier}; it must be positive`);
  if (!(delta > 0 && delta < 1 / records)) {
    throw new InvalidInput(`δ is ${delta}, but must be positive and below 1 / ${records} records; lower it`);
  }
}
