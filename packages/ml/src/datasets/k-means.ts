import { InvalidInput } from "@shadowfarm/core/errors";
import type { Rng } from "@shadowfarm/core/rng";

const maxIterations = 100;

interface State {
  width: number;
  clusters: number;
  /** Of record r: `ones[offsets[r]]` … `ones[offsets[r + 1] − 1]`. */
  offsets: Uint32Array; // records + 1
  ones: Uint16Array;
  labels: Int32Array; // records
  centres: Float64Array; // clusters × width
  squares: Float64Array; // clusters; |centre|²
  /** At most the distance of each record to each centre. */
  lower: Float32Array; // records × clusters
  /** At least its distance to its own. */
  upper: Float32Array; // records
  /** Of each cluster's records: their sum, and how many they are. */
  sums: Float64Array; // clusters × width
  sizes: Float64Array; // clusters
}

/**
 * The cluster, 0 … clusters − 1, of each record of bits by k-means: k-means++ start (Arthur & Vassilvitskii 2007), then
 * Lloyd's iterations until no record changes its cluster, at most 100. Distances that cannot matter by the triangle
 * inequality are not computed (Elkan 2003), which changes the time only: a minute and not five for the 50 clusters of
 * Purchase. A cluster that loses all its records stays where it is. npm's k-means libraries take arrays of arrays of
 * doubles, a gigabyte for Purchase; this takes the ones alone.
 *
 * @param bits records × width, 0 or 1; width at most 65,536
 * @throws {InvalidInput} naming `file`, when fewer than `clusters` records differ.
 */
export function clusterBits(bits: Uint8Array, width: number, clusters: number, rng: Rng, file: string): Int32Array {
  const state = start(bits, width, clusters);
  const records = state.labels.length;
  for (let cluster = 0; cluster < clusters; cluster++) {
    const chosen = cluster === 0 ? rng.int(records) : drawFar(state.upper, rng);
    if (chosen === null) {
      throw new InvalidInput(`${file}: only ${cluster} different records, too few for ${clusters} classes`);
    }
    state.centres.set(bits.subarray(chosen * width, (chosen + 1) * width), cluster * width);
    state.squares[cluster] = (state.offsets[chosen + 1] as number) - (state.offsets[chosen] as number);
    for (let record = 0; record < records; record++) compareWithNew(state, record, cluster);
  }
  for (let record = 0; record < records; record++) count(state, record, state.labels[record] as number, 1);
  for (let iteration = 0, changed = records; iteration < maxIterations && changed > 0; iteration++) {
    const moved = moveCentres(state);
    changed = 0;
    for (let record = 0; record < records; record++) {
      widen(state, record, moved);
      if (reassign(state, record)) changed++;
    }
  }
  return state.labels;
}

function start(bits: Uint8Array, width: number, clusters: number): State {
  const records = bits.length / width;
  const offsets = new Uint32Array(records + 1);
  const ones = new Uint16Array(bits.reduce((sum, bit) => sum + bit, 0));
  let found = 0;
  for (let record = 0; record < records; record++) {
    for (let feature = 0; feature < width; feature++) if (bits[record * width + feature] === 1) ones[found++] = feature;
    offsets[record + 1] = found;
  }
  return {
    width,
    clusters,
    offsets,
    ones,
    labels: new Int32Array(records),
    centres: new Float64Array(clusters * width),
    squares: new Float64Array(clusters),
    lower: new Float32Array(records * clusters),
    upper: new Float32Array(records).fill(Number.POSITIVE_INFINITY),
    sums: new Float64Array(clusters * width),
    sizes: new Float64Array(clusters),
  };
}

/** A record drawn with a chance in proportion to its squared distance to the nearest centre; null when all are at one. */
function drawFar(nearest: Float32Array, rng: Rng): number | null {
  const total = nearest.reduce((sum, away) => sum + away * away, 0);
  if (total === 0) return null;
  let left = rng.uniform() * total;
  let last = 0;
  for (let record = 0; record < nearest.length; record++) {
    const away = nearest[record] as number;
    if (away === 0) continue;
    last = record;
    left -= away * away;
    if (left < 0) break;
  }
  return last;
}

/** Measures a record's distance to a centre that has just been placed. */
function compareWithNew(state: State, record: number, cluster: number): void {
  // Rounded as what it is compared with was, so that of equally near centres the first is kept.
  const found = Math.fround(distance(state, record, cluster));
  state.lower[record * state.clusters + cluster] = found;
  if (found >= (state.upper[record] as number)) return;
  state.upper[record] = found;
  state.labels[record] = cluster;
}

/** √(|record|² − 2 record·centre + |centre|²). */
function distance({ width, offsets, ones, centres, squares }: State, record: number, cluster: number): number {
  const from = offsets[record] as number;
  const to = offsets[record + 1] as number;
  const base = cluster * width;
  // Two sums, so that one addition need not wait for the other.
  let even = 0;
  let odd = 0;
  let at = from;
  for (; at + 1 < to; at += 2) {
    even += centres[base + (ones[at] as number)] as number;
    odd += centres[base + (ones[at + 1] as number)] as number;
  }
  if (at < to) even += centres[base + (ones[at] as number)] as number;
  return Math.sqrt(Math.max(0, to - from - 2 * (even + odd) + (squares[cluster] as number)));
}

/** Adds a record to a cluster's sum, or takes it away. */
function count({ width, offsets, ones, sums, sizes }: State, record: number, cluster: number, sign: 1 | -1): void {
  for (let at = offsets[record] as number; at < (offsets[record + 1] as number); at++) {
    const place = cluster * width + (ones[at] as number);
    sums[place] = (sums[place] as number) + sign;
  }
  sizes[cluster] = (sizes[cluster] as number) + sign;
}

/** Moves each centre to the mean of its records. Returns how far each moved. */
function moveCentres({ width, centres, squares, sums, sizes }: State): Float64Array {
  return sizes.map((size, cluster) => {
    if (size === 0) return 0;
    let moved = 0;
    let square = 0;
    for (let at = cluster * width; at < (cluster + 1) * width; at++) {
      const mean = (sums[at] as number) / size;
      moved += (mean - (centres[at] as number)) ** 2;
      square += mean * mean;
      centres[at] = mean;
    }
    squares[cluster] = square;
    return Math.sqrt(moved);
  });
}

/** Keeps a record's bounds true after the centres have moved. */
function widen({ clusters, labels, lower, upper }: State, record: number, moved: Float64Array): void {
  upper[record] = (upper[record] as number) + (moved[labels[record] as number] as number);
  const base = record * clusters;
  for (let cluster = 0; cluster < clusters; cluster++) {
    lower[base + cluster] = (lower[base + cluster] as number) - (moved[cluster] as number);
  }
}

/** Gives a record to its nearest centre; of equally near ones it keeps its own. Whether that changed its cluster. */
function reassign(state: State, record: number): boolean {
  const { clusters, labels, lower, upper } = state;
  const base = record * clusters;
  const before = labels[record] as number;
  let own = before;
  let nearest = upper[record] as number;
  let exact = false;
  for (let cluster = 0; cluster < clusters; cluster++) {
    if (cluster === own || (lower[base + cluster] as number) >= nearest) continue;
    if (!exact) {
      nearest = distance(state, record, own);
      lower[base + own] = nearest;
      exact = true;
      if ((lower[base + cluster] as number) >= nearest) continue;
    }
    const found = distance(state, record, cluster);
    lower[base + cluster] = found;
    if (found >= nearest) continue;
    nearest = found;
    own = cluster;
  }
  upper[record] = nearest;
  if (own === before) return false;
  labels[record] = own;
  count(state, record, before, -1);
  count(state, record, own, 1);
  return true;
}
