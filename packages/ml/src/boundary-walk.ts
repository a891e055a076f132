import { Cancelled } from "@shadowfarm/core/errors";
import type { Rng } from "@shadowfarm/core/rng";
import type { Vectors } from "@shadowfarm/engine/vectors";
import type { AskLabels } from "./ask-labels.ts";

/** The norms that a point's distance is measured in, in the order of all arrays of distances. */
export const norms = ["l0", "l1", "l2", "linf"] as const;

/** The norm in which a search tries to come near. */
export type Geometry = "l2" | "linf";

/** The box of possible records, how distances in it are measured, and where walks and rows are kept. */
export interface Space {
  width: number;
  low: number;
  high: number;
  geometry: Geometry;
  vectors: Vectors;
  /** For a point that is measured. */
  point: Float32Array; // width
}

/** One record's search for the decision boundary. */
export interface Walk {
  record: Float32Array; // width
  label: number;
  rng: Rng;
  queries: number;
  /** A point with another label, on which the search stands; meaningless until `found`. */
  anchor: Float32Array; // width
  found: boolean;
  /** Distance from the record to the anchor, in the geometry. */
  distance: number;
  /** Parts of the way from the record to the anchor: up to `same` it has the record's label, at `other` another one. */
  same: number;
  other: number;
  /** How far from the anchor the next directions are tried. */
  spread: number;
  /** The estimated gradient at the anchor: of length 1, or of signs, as the geometry has it. */
  direction: Float32Array; // width
  /** What is remembered of all estimates, in `linf`. */
  estimate: Float32Array; // width
  /** Directions to try, and how many were told another label, and the record's. */
  directions: number;
  others: number;
  sames: number;
  /** The next step along the direction. */
  stride: number;
  stepped: boolean;
  nearest: Nearest;
}

/** The nearest point with another label that a walk has met, and the distances at each checkpoint. */
interface Nearest {
  /** In the geometry. */
  distance: number;
  /** Its part of the way to the anchor while its norms are not measured; 0 once they are. */
  unmeasured: number;
  measured: Float64Array; // norms
  /** Checkpoints that are written. */
  passed: number;
  checkpoints: Float32Array; // checkpoints × norms
}

/** A walk's arrays in the memory of fast functions; they may be used again by another walk. */
export type Room = Pick<Walk, "record" | "anchor" | "direction" | "estimate">;

/** A walk at its record, with no query spent. `checkpoints` is filled as they pass. */
export function startWalk(
  { width, low, high, geometry }: Space,
  {
    record,
    label,
    rng,
    room,
    checkpoints,
  }: Pick<Walk, "record" | "label" | "rng"> & { room: Room; checkpoints: Float32Array },
): Walk {
  const range = high - low;
  room.record.set(record);
  room.estimate.fill(0);
  const farthest = Float64Array.of(width, width * range, Math.sqrt(width) * range, range);
  return {
    ...room,
    label,
    rng,
    queries: 0,
    found: false,
    distance: 0,
    same: 0,
    other: 1,
    spread: 0,
    directions: 0,
    others: 0,
    sames: 0,
    stride: 0,
    stepped: false,
    nearest: {
      distance: farthest[norms.indexOf(geometry)] as number,
      unmeasured: 0,
      measured: farthest,
      passed: 0,
      checkpoints,
    },
  };
}

/** The model, a buffer for the rows of one ask, and the query counts at which distances are written. */
export interface Asking {
  ask: AskLabels;
  space: Space;
  rows: Float32Array; // rows of one ask × width
  checkpoints: readonly number[];
  signal: AbortSignal | undefined;
}

/** Rows of an ask that are one walk's: `count` of them, from row `first` on. */
export interface Share {
  walk: Walk;
  first: number;
  count: number;
}

/** What walks ask the model: writes the rows of a walk's share, and hears their labels. */
export interface Question {
  /** Rows of a walk; they follow each other. Where there are several, their labels bring no nearer point. */
  rows(walk: Walk): number;
  write(share: Share, rows: Float32Array): void;
  /** @param labels of all rows of the ask */
  hear(share: Share, rows: Float32Array, labels: Int32Array): void;
}

/**
 * Puts a question about all walks to the model, the rows of many in one ask, and counts every row as a query of its walk.
 *
 * @throws {Cancelled} between two asks, once the signal is aborted.
 */
export async function put(question: Question, walks: readonly Walk[], asking: Asking): Promise<void> {
  const { ask, space, rows, checkpoints, signal } = asking;
  const most = rows.length / space.width;
  let [shares, written]: [Share[], number] = [[], 0];
  const hearAll = async () => {
    if (signal?.aborted) throw new Cancelled();
    const labels = await ask(rows.subarray(0, written * space.width));
    for (const share of shares) {
      const { walk, count } = share;
      while ((checkpoints[walk.nearest.passed] as number) < walk.queries + count) passCheckpoint(walk, space);
      walk.queries += count;
      question.hear(share, rows, labels);
    }
    [shares, written] = [[], 0];
  };
  for (const walk of walks) {
    for (let left = question.rows(walk); left > 0; ) {
      const share = { walk, first: written, count: Math.min(left, most - written) };
      question.write(share, rows);
      shares.push(share);
      written += share.count;
      left -= share.count;
      if (written === most) await hearAll();
    }
  }
  if (written > 0) await hearAll();
}

/** Makes the point in `rows`, which has another label, the walk's anchor. */
export function standAt(walk: Walk, space: Space, rows: Float32Array, from: number): void {
  measureNearest(walk, space);
  walk.anchor.set(rows.subarray(from, from + space.width));
  walk.found = true;
  walk.distance = distanceOf(walk, space);
  walk.same = 0;
  walk.other = 1;
  meetOther(walk);
}

/** Takes note that the label is another one at the part `other` of the way to the anchor. */
export function meetOther(walk: Walk): void {
  const { nearest, other } = walk;
  const distance = other * walk.distance;
  if (distance >= nearest.distance) return;
  nearest.distance = distance;
  nearest.unmeasured = other;
}

/** Pulls the anchor in to the part `other` of the way. */
export function pullIn(walk: Walk, space: Space): void {
  measureNearest(walk, space);
  writeBetween(walk, space, walk.other, walk.anchor, 0);
  walk.distance *= walk.other;
  walk.same = 0;
  walk.other = 1;
}

/** Notes that the record itself has another label than its own: no search, and no distance. */
export function stayHome(walk: Walk): void {
  walk.found = true;
  walk.nearest.distance = 0;
  walk.nearest.measured.fill(0);
}

/** Writes the checkpoints that the walk did not come to. */
export function finish(walk: Walk, space: Space): void {
  const { nearest } = walk;
  while (nearest.passed * norms.length < nearest.checkpoints.length) passCheckpoint(walk, space);
}

/**
 * Writes the point at a part of the way from the record to the anchor: on the straight line, or in `linf` the anchor
 * clipped to the box around the record that is so much smaller (Chen et al. 2020).
 */
export function writeBetween(
  walk: Walk,
  { width, geometry, vectors }: Space,
  part: number,
  out: Float32Array,
  from: number,
): void {
  const { record, anchor } = walk;
  if (geometry === "l2") {
    vectors.between(record, anchor, part, out, from);
    return;
  }
  const radius = part * walk.distance;
  for (let at = 0; at < width; at++) {
    const own = record[at] as number;
    const there = anchor[at] as number;
    out[from + at] = there > own + radius ? own + radius : there < own - radius ? own - radius : there;
  }
}

function passCheckpoint(walk: Walk, space: Space): void {
  measureNearest(walk, space);
  const { nearest } = walk;
  nearest.checkpoints.set(nearest.measured, nearest.passed * norms.length);
  nearest.passed++;
}

/** Measures a nearer point in every norm, as the float32 numbers that the model was asked about. */
function measureNearest(walk: Walk, space: Space): void {
  const { nearest, record } = walk;
  if (nearest.unmeasured === 0) return;
  const { width, low, high, geometry, point } = space;
  writeBetween(walk, space, nearest.unmeasured, point, 0);
  // A coordinate counts as changed beyond what rounding does.
  const least = 1e-6 * (high - low);
  let [changed, sum, squares, largest] = [0, 0, 0, 0];
  for (let at = 0; at < width; at++) {
    const difference = Math.abs((point[at] as number) - (record[at] as number));
    if (difference > least) changed++;
    sum += difference;
    squares += difference * difference;
    if (difference > largest) largest = difference;
  }
  const measured = Float64Array.of(changed, sum, Math.sqrt(squares), largest);
  const own = norms.indexOf(geometry);
  // Rounded, it may be no nearer than the last one.
  if ((measured[own] as number) < (nearest.measured[own] as number)) nearest.measured.set(measured);
  nearest.distance = nearest.measured[own] as number;
  nearest.unmeasured = 0;
}

function distanceOf({ record, anchor }: Walk, { geometry }: Space): number {
  let [squares, largest] = [0, 0];
  for (let at = 0; at < record.length; at++) {
    const difference = Math.abs((anchor[at] as number) - (record[at] as number));
    squares += difference * difference;
    if (difference > largest) largest = difference;
  }
  return geometry === "l2" ? Math.sqrt(squares) : largest;
}
