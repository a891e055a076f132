import type { SynthesisSearch } from "@shadowfarm/core/catalog";
import { Cancelled, InvalidInput } from "@shadowfarm/core/errors";
import type { Rng } from "@shadowfarm/core/rng";
import { type Feature, randomRow } from "./features.ts";

/** Searches for one record of a class that may fail before another class is tried. */
const SEARCHES = 3;

/** Rows of records, before any owner's encoding. */
export interface Rows {
  values: Float32Array; // records × width
  width: number;
}

/** The target's answers on rows, records × classes: every row is a query. */
export type Ask = (rows: Float32Array) => Promise<Float32Array>;

/** Records that the attacker made up, and how often the target was asked. */
export interface MadeUp {
  values: Float32Array; // records × width
  labels: Int32Array; // records
  queries: number;
}

/**
 * Replaces a share of each record's features, other ones in every record, by random values. Shokri et al. 2017, §V-C
 * flip bits; here a bit is replaced by a fair coin, so that half of those chosen stay as they are.
 *
 * @param values records × width; changed in place
 */
export function addNoise({ values, width }: Rows, features: readonly Feature[], share: number, rng: Rng): void {
  const replaced = Math.round(share * features.length);
  for (let from = 0; from < values.length; from += width) {
    const row = values.subarray(from, from + width);
    for (const feature of drawn(features, replaced, rng)) feature.draw(row, rng);
  }
}

/**
 * Records whose every feature is drawn from the attacker's records, each from another one, and which are labelled by the
 * target. Shokri et al. 2017, §V-C (statistics-based synthesis).
 */
export async function drawMarginals(
  { values, width }: Rows,
  features: readonly Feature[],
  { records, classes, ask, rng }: { records: number; classes: number; ask: Ask; rng: Rng },
): Promise<MadeUp> {
  const known = values.length / width;
  const made = new Float32Array(records * width);
  for (let record = 0; record < records; record++) {
    for (const feature of features) {
      const from = rng.int(known) * width + feature.at;
      made.set(values.subarray(from, from + feature.width), record * width + feature.at);
    }
  }
  const answers = await ask(made);
  const labels = Int32Array.from({ length: records }, (_, record) =>
    largestOf(answers.subarray(record * classes, (record + 1) * classes)),
  );
  return { values: made, labels, queries: records };
}

/** What a synthesis is to make. */
export interface SynthesisOptions extends SynthesisSearch {
  records: number;
  classes: number;
  width: number;
  ask: Ask;
  rng: Rng;
  signal?: AbortSignal | undefined;
}

/**
 * Records that the target itself takes for ones of a class with some confidence, found by hill climbing from random
 * ones: Shokri et al. 2017, Algorithm 1, with y_c in the sampling step, as its pseudocode has it. All searches advance
 * together, so the target is asked in batches. Classes take turns; one whose searches fail leaves its place to the next.
 *
 * @throws {InvalidInput} when no class has such records.
 */
export async function synthesize(features: readonly Feature[], options: SynthesisOptions): Promise<MadeUp> {
  const { records, classes, width, ask, rng, signal } = options;
  const searches = Array.from(
    { length: records },
    (_, record) => new Search(features, record % classes, options, rng.child("record", record)),
  );
  let active = searches;
  let queries = 0;
  while (active.length > 0) {
    if (signal?.aborted) throw new Cancelled();
    const rows = new Float32Array(active.length * width);
    active.forEach(({ proposal }, at) => {
      rows.set(proposal, at * width);
    });
    const answers = await ask(rows);
    queries += active.length;
    active = active.filter((search, at) => !search.accepts(answers.subarray(at * classes, (at + 1) * classes)));
  }
  const values = new Float32Array(records * width);
  searches.forEach(({ proposal }, record) => {
    values.set(proposal, record * width);
  });
  return { values, labels: Int32Array.from(searches, ({ label }) => label), queries };
}

/** The search for one record. */
class Search {
  label: number;
  /** The record that is to be asked about next; the one that was found, at the end. */
  proposal: Float32Array; // width
  readonly #features: readonly Feature[];
  readonly #options: SynthesisOptions;
  readonly #rng: Rng;
  #best: Float32Array;
  #confidence = 0;
  #rejections = 0;
  #changed: number;
  #asked = 0;
  #failed = 0;

  constructor(features: readonly Feature[], label: number, options: SynthesisOptions, rng: Rng) {
    this.label = label;
    this.#features = features;
    this.#options = options;
    this.#rng = rng;
    this.#changed = options.mostChanged;
    this.proposal = this.#random();
    this.#best = this.proposal;
  }

  /** Takes the target's answer on the proposal; whether it is accepted, and otherwise there is another one. */
  accepts(posterior: Float32Array): boolean {
    const { confidence, leastChanged, rejections, queries } = this.#options;
    const own = posterior[this.label] as number;
    this.#asked++;
    if (own >= this.#confidence) {
      if (own > confidence && largestOf(posterior) === this.label && this.#rng.uniform() < own) return true;
      this.#best = this.proposal;
      this.#confidence = own;
      this.#rejections = 0;
    } else if (++this.#rejections > rejections) {
      this.#changed = Math.max(leastChanged, Math.ceil(this.#changed / 2));
      this.#rejections = 0;
    }
    if (this.#asked >= queries) this.#beginAnew();
    else this.#propose();
    return false;
  }

  #propose(): void {
    this.proposal = this.#best.slice();
    for (const feature of drawn(this.#features, this.#changed, this.#rng)) this.#change(feature);
  }

  /** Draws another value; of a bit, the other one. */
  #change(feature: Feature): void {
    const before = this.proposal.slice(feature.at, feature.at + feature.width);
    // A feature with a single value would never change.
    for (let tries = 0; tries < 64; tries++) {
      feature.draw(this.proposal, this.#rng);
      if (before.some((value, at) => value !== this.proposal[feature.at + at])) return;
    }
  }

  #beginAnew(): void {
    const { classes, mostChanged } = this.#options;
    this.#failed++;
    if (this.#failed >= SEARCHES * classes) {
      throw new InvalidInput(
        `no record with a confidence above ${this.#options.confidence} was found in any class; lower confidence, or raise queries`,
      );
    }
    if (this.#failed % SEARCHES === 0) this.label = (this.label + 1) % classes;
    this.#asked = 0;
    this.#confidence = 0;
    this.#rejections = 0;
    this.#changed = mostChanged;
    this.proposal = this.#random();
    this.#best = this.proposal;
  }

  #random(): Float32Array {
    const row = new Float32Array(this.#options.width);
    randomRow(this.#features, row, this.#rng);
    return row;
  }
}

/** Some different ones of the features, or all of them; by Floyd's sampling. */
function drawn(features: readonly Feature[], count: number, rng: Rng): Feature[] {
  if (count >= features.length) return [...features];
  const places = new Set<number>();
  for (let last = features.length - count; last < features.length; last++) {
    const place = rng.int(last + 1);
    places.add(places.has(place) ? last : place);
  }
  return Array.from(places, (place) => features[place] as Feature);
}

function largestOf(posterior: Float32Array): number {
  return posterior.reduce((best, value, at) => (value > (posterior[best] as number) ? at : best), 0);
}
