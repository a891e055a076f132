import { Cancelled, InvalidInput } from "@shadowfarm/core/errors";
import type { Rng } from "@shadowfarm/core/rng";

/** What a forest learns from. */
export interface ForestLesson {
  features: Float32Array; // records × width
  width: number;
  labels: Int32Array; // records; 0 … classes − 1
  classes: number;
  trees: number;
  rng: Rng;
  signal?: AbortSignal | undefined;
}

/** A trained forest as arrays that can be stored; the nodes of all trees are one after another. */
export interface Forest {
  classes: number;
  width: number;
  /** See `TREE`, whose names these are. */
  tensors: Readonly<Record<string, ForestArray>>;
}

type ForestArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/**
 * - `roots` (trees): the node at which each tree begins.
 * - `feature` (nodes): the feature that a node looks at; −1 for a leaf.
 * - `threshold` (nodes): records with a value ≤ it go to the next node, others to `right`.
 * - `right` (nodes): of a leaf, where its class shares begin in `shares`.
 * - `shares` (leaves × classes): the share of each class among a leaf's training records.
 */
const TREE = ["roots", "feature", "threshold", "right", "shares"] as const;

/**
 * A random forest as scikit-learn's RandomForestClassifier is by default: each tree is grown on a bootstrap sample until
 * its leaves are pure, every node looks at √width features (more, if those are constant) and takes the split with the
 * smallest Gini impurity. Breiman 2001.
 *
 * Written here because no package on the registry can do it: see docs/decisions/009-random-forest.md.
 *
 * @throws {InvalidInput} when lengths do not fit each other.
 * @throws {Cancelled} once `signal` is aborted.
 */
export async function fitForest(lesson: ForestLesson): Promise<Forest> {
  const { features, width, labels, classes, trees, rng, signal } = lesson;
  const records = labels.length;
  if (records === 0 || features.length !== records * width) {
    throw new InvalidInput(`${features.length} features are not ${records} records of ${width} features`);
  }
  const stranger = labels.findIndex((label) => label < 0 || label >= classes);
  if (stranger >= 0) {
    throw new InvalidInput(`label ${labels[stranger]} of record ${stranger} is not in 0 … ${classes - 1}`);
  }
  const columns = columnsOf(features, width, records);
  const nodes: Nodes = { feature: [], threshold: [], right: [], shares: [] };
  const roots = new Uint32Array(trees);
  for (let tree = 0; tree < trees; tree++) {
    // The event loop gets its turn, so that a cancellation can be heard.
    await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted) throw new Cancelled();
    roots[tree] = nodes.feature.length;
    new Grower(lesson, columns, nodes, rng.child("tree", tree)).grow();
  }
  return {
    classes,
    width,
    tensors: {
      roots,
      feature: Int32Array.from(nodes.feature),
      threshold: Float32Array.from(nodes.threshold),
      right: Uint32Array.from(nodes.right),
      shares: Float32Array.from(nodes.shares),
    },
  };
}

/**
 * The mean over the trees of the class shares of each record's leaf; records × classes.
 *
 * @throws {InvalidInput} for features of another width, and for arrays that are no forest's.
 */
export async function askForest({ classes, width, tensors }: Forest, features: Float32Array): Promise<Float32Array> {
  const missing = TREE.find((name) => tensors[name] === undefined);
  if (missing) throw new InvalidInput(`a forest without its array "${missing}" cannot be asked`);
  if (features.length % width !== 0) {
    throw new InvalidInput(`${features.length} features are not records of ${width} features`);
  }
  const { roots, feature, threshold, right, shares } = tensors as Record<(typeof TREE)[number], ForestArray>;
  const answers = new Float32Array((features.length / width) * classes);
  const sums = new Float64Array(classes);
  for (let record = 0; record * width < features.length; record++) {
    sums.fill(0);
    for (const root of roots) {
      let node = root;
      for (let at = feature[node] as number; at >= 0; at = feature[node] as number) {
        const value = features[record * width + at] as number;
        node = value <= (threshold[node] as number) ? node + 1 : (right[node] as number);
      }
      const from = right[node] as number;
      for (let label = 0; label < classes; label++) {
        sums[label] = (sums[label] as number) + (shares[from + label] as number);
      }
    }
    for (let label = 0; label < classes; label++) {
      answers[record * classes + label] = (sums[label] as number) / roots.length;
    }
  }
  return answers;
}

interface Nodes {
  feature: number[];
  threshold: number[];
  right: number[];
  shares: number[];
}

/** A feature of all records, and whether it has two values only: then there is one split, and nothing to sort. */
interface FeatureColumn {
  values: Float32Array; // records
  low: number;
  /** Null when there are more than two values; equal to `low` when there is one. */
  high: number | null;
}

function columnsOf(features: Float32Array, width: number, records: number): FeatureColumn[] {
  return Array.from({ length: width }, (_, column) => {
    const values = Float32Array.from({ length: records }, (_, record) => features[record * width + column] as number);
    const distinct = new Set<number>();
    for (const value of values) if (distinct.add(value).size > 2) return { values, low: 0, high: null };
    return { values, low: Math.min(...distinct), high: Math.max(...distinct) };
  });
}

interface SplitChoice {
  feature: number;
  threshold: number;
  /** Weighted sum over both sides of Σ counts² / size: the larger, the purer. */
  purity: number;
}

/** Grows one tree on its bootstrap sample. */
class Grower {
  readonly #lesson: ForestLesson;
  readonly #columns: readonly FeatureColumn[];
  readonly #nodes: Nodes;
  readonly #rng: Rng;
  /** Drawn records; a node's are a range of them. */
  readonly #sample: Uint32Array;
  readonly #scratch: Uint32Array;
  readonly #order: Uint32Array; // features, shuffled again and again
  readonly #left: Float64Array; // classes
  readonly #all: Float64Array; // classes
  readonly #tried: number;

  constructor(lesson: ForestLesson, columns: readonly FeatureColumn[], nodes: Nodes, rng: Rng) {
    const { labels, classes, width } = lesson;
    this.#lesson = lesson;
    this.#columns = columns;
    this.#nodes = nodes;
    this.#rng = rng;
    this.#sample = Uint32Array.from(labels, () => rng.int(labels.length));
    this.#scratch = new Uint32Array(labels.length);
    this.#order = Uint32Array.from({ length: width }, (_, at) => at);
    this.#left = new Float64Array(classes);
    this.#all = new Float64Array(classes);
    this.#tried = Math.max(1, Math.floor(Math.sqrt(width)));
  }

  /** Depth first, left before right, with a stack of its own: a tree may be as deep as it has records. */
  grow(): void {
    const { feature, threshold, right } = this.#nodes;
    const open: { from: number; to: number; parent: number | null }[] = [
      { from: 0, to: this.#sample.length, parent: null },
    ];
    for (let range = open.pop(); range; range = open.pop()) {
      const { from, to, parent } = range;
      const node = feature.length;
      if (parent !== null) right[parent] = node;
      const split = this.#bestSplit(from, to);
      if (!split) {
        this.#leaf(from, to);
        continue;
      }
      feature.push(split.feature);
      threshold.push(split.threshold);
      right.push(0);
      const middle = this.#divide(from, to, split);
      open.push({ from: middle, to, parent: node });
      // The left child follows its parent at once, so nothing needs to point at it.
      open.push({ from, to: middle, parent: null });
    }
  }

  #leaf(from: number, to: number): void {
    const { feature, threshold, right, shares } = this.#nodes;
    this.#count(from, to);
    feature.push(-1);
    threshold.push(0);
    right.push(shares.length);
    for (const count of this.#all) shares.push(count / (to - from));
  }

  #count(from: number, to: number): void {
    const { labels } = this.#lesson;
    this.#all.fill(0);
    for (let at = from; at < to; at++) {
      const label = labels[this.#sample[at] as number] as number;
      this.#all[label] = (this.#all[label] as number) + 1;
    }
  }

  #bestSplit(from: number, to: number): SplitChoice | null {
    this.#count(from, to);
    if (this.#all.some((count) => count === to - from)) return null;
    let best: SplitChoice | null = null;
    let tried = 0;
    const order = this.#order;
    for (let at = 0; at < order.length && tried < this.#tried; at++) {
      const other = at + this.#rng.int(order.length - at);
      const feature = order[other] as number;
      order[other] = order[at] as number;
      order[at] = feature;
      const column = this.#columns[feature] as FeatureColumn;
      const split = column.high === null ? this.#sortedSplit(column, from, to) : this.#binarySplit(column, from, to);
      // As in scikit-learn, a feature that is constant here does not count as one that was looked at.
      if (!split) continue;
      tried++;
      if (!best || split.purity > best.purity) best = { ...split, feature };
    }
    return best;
  }

  #binarySplit({ values, low, high }: FeatureColumn, from: number, to: number): Omit<SplitChoice, "feature"> | null {
    const { labels } = this.#lesson;
    const left = this.#left.fill(0);
    let lefts = 0;
    for (let at = from; at < to; at++) {
      const record = this.#sample[at] as number;
      if (values[record] !== low) continue;
      lefts++;
      const label = labels[record] as number;
      left[label] = (left[label] as number) + 1;
    }
    if (lefts === 0 || lefts === to - from) return null;
    return { threshold: (low + (high as number)) / 2, purity: this.#purity(lefts, to - from) };
  }

  #sortedSplit({ values }: FeatureColumn, from: number, to: number): Omit<SplitChoice, "feature"> | null {
    const { labels } = this.#lesson;
    const order = this.#scratch.subarray(0, to - from);
    order.set(this.#sample.subarray(from, to));
    order.sort((a, b) => (values[a] as number) - (values[b] as number));
    const left = this.#left.fill(0);
    let best: Omit<SplitChoice, "feature"> | null = null;
    for (let at = 0; at + 1 < order.length; at++) {
      const label = labels[order[at] as number] as number;
      left[label] = (left[label] as number) + 1;
      const value = values[order[at] as number] as number;
      const next = values[order[at + 1] as number] as number;
      if (value === next) continue;
      const purity = this.#purity(at + 1, order.length);
      // Halfway may round up to the next value, which must go right.
      const middle = Math.fround((value + next) / 2);
      if (!best || purity > best.purity) best = { threshold: middle < next ? middle : value, purity };
    }
    return best;
  }

  #purity(lefts: number, size: number): number {
    let ofLeft = 0;
    let ofRight = 0;
    for (let label = 0; label < this.#all.length; label++) {
      const count = this.#left[label] as number;
      ofLeft += count * count;
      ofRight += ((this.#all[label] as number) - count) ** 2;
    }
    return ofLeft / lefts + ofRight / (size - lefts);
  }

  /** Puts the records that go left before those that go right, each in their order. */
  #divide(from: number, to: number, { feature, threshold }: SplitChoice): number {
    const { values } = this.#columns[feature] as FeatureColumn;
    let left = from;
    let right = 0;
    for (let at = from; at < to; at++) {
      const record = this.#sample[at] as number;
      if ((values[record] as number) <= threshold) this.#sample[left++] = record;
      else this.#scratch[right++] = record;
    }
    this.#sample.set(this.#scratch.subarray(0, right), left);
    return left;
  }
}
