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
  /** For its distances. */
  measured: Float64Array; // norms
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
  // Not spread: that takes longer than all the rest.
  return {
    record: room.record,
    anchor: room.anchor,
    direction: room.direction,
    estimate: room.estimate,
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

/** What walks ask the model: writes the rows of an ask, which are some walks' shares in this order, and hears their labels. */
export interface Question {
  /** Rows of a walk; they follow each other. Where there are several, their labels bring no nearer point. */
  rows(walk: Walk): number;
  write(shares: readonly Share[], rows: Float32Array): void;
  hear(shares: readonly Share[], rows: Float32Array, labels: Int32Array): void;
}

/**
 * Puts a question about all walks to the model, the rows of many in one ask, and counts every row as a query of its walk.
 *
 * @throws {Cancelled} between two asks, once the signal is aborted.
 */
export async function put(question: Question, walks: readonly Walk[], asking: Asking): Promise<void> {
  const { ask, space, rows, checkpoints, signal } = asking;
  const most = rows.length / space.width;
  let shares: Share[] = [];
  let count = 0;
  const askAll = async () => {
    if (signal?.aborted) throw new Cancelled();
    question.write(shares, rows);
    const labels = await ask(rows.subarray(0, count * space.width));
    for (const { walk, count } of shares) {
      while ((checkpoints[walk.nearest.passed] as number) < walk.queries + count) passCheckpoint(walk, space);
      walk.queries += count;
    }
    question.hear(shares, rows, labels);
    shares = [];
    count = 0;
  };
  for (const walk of walks) {
    for (let left = question.rows(walk); left > 0; ) {
      const share = { walk, first: count, count: Math.min(left, most - count) };
      shares.push(share);
      count += share.count;
      left -= share.count;
      if (count === most) await askAll();
    }
  }
  if (count > 0) await askAll();
}

/** Makes the point in `rows`, which has another label, the walk's anchor. */
export function standAt(walk: Walk, space: Space, rows: Float32Array, from: number): void {
  measureNearest(walk, space);
  walk.anchor.set(rows.subarray(from, from + space.width));
  walk.found = true;
  walk.distance = distancesBetween(walk.anchor, walk.record, space)[norms.indexOf(space.geometry)] as number;
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
  writeBetween([{ walk, part: walk.other }], space, walk.anchor);
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
 * Writes the points at parts of the ways from records to anchors, a row for each: on the straight line, or in `linf` the anchor
 * clipped to the box around the record that is so much smaller (Chen et al. 2020).
 */
export function writeBetween(ways: readonly Way[], { geometry, vectors }: Space, out: Float32Array): void {
  const pairs = ways.map(({ walk: { record, anchor, distance }, part }) => {
    return { start: record, end: anchor, part: geometry === "l2" ? part : part * distance };
  });
  if (geometry === "l2") vectors.between(pairs, out, 0);
  else vectors.within(pairs, out, 0);
}

/** A part of the way from a walk's record to its anchor. */
interface Way {
  walk: Walk;
  part: number;
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
  const { geometry, point } = space;
  writeBetween([{ walk, part: nearest.unmeasured }], space, point);
  const measured = distancesBetween(point, record, space);
  const own = norms.indexOf(geometry);
  // Rounded, it may be no nearer than the last one.
  if ((measured[own] as number) < (nearest.measured[own] as number)) nearest.measured.set(measured);
  nearest.distance = nearest.measured[own] as number;
  nearest.unmeasured = 0;
}

/** Valid until the next ones are measured. */
function distancesBetween(
  one: Float32Array,
  other: Float32Array,
  { low, high, vectors, measured }: Space,
): Float64Array {
  // A coordinate counts as changed beyond what rounding does.
  vectors.measure(one, other, 1e-6 * (high - low), measured);
  return measured; // norms
}
