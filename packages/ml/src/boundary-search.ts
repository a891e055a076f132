import { InvalidInput } from "@shadowfarm/core/errors";
import type { Rng } from "@shadowfarm/core/rng";
import { batchRows, sizeOf } from "@shadowfarm/engine/arrays";
import { openVectors, type Vectors } from "@shadowfarm/engine/vectors";
import type { AskLabels } from "./ask-labels.ts";
import { directionNumbers, directionsIn, GradientSum, type Subspace } from "./boundary-directions.ts";
import {
  type Asking,
  finish,
  type Geometry,
  meetOther,
  norms,
  pullIn,
  put,
  type Question,
  type Room,
  type Space,
  standAt,
  startWalk,
  stayHome,
  type Walk,
  writeBetween,
} from "./boundary-walk.ts";

export interface BoundaryOptions {
  /** Shape of one record; height × width × channels where the subspace is "half". */
  shape: readonly number[];
  /** The range of every value. */
  low: number;
  high: number;
  geometry: Geometry;
  /** Numbers of queries, ascending, at which distances are reported. The last one is every record's budget. */
  checkpoints: readonly number[];
  /** Steps of the search at most; as many as the budget allows when absent. */
  iterations?: number;
  /** Default "full". */
  subspace?: Subspace;
  /** Directions of the first gradient estimate; default 100, in the half subspace 30. */
  firstDirections?: number;
  /** Directions of an estimate at most, which grow with the square root of the iteration; default 10,000, in the half subspace 30. */
  mostDirections?: number;
  /** Random points to ask about for another label at most; default 100. */
  draws?: number;
  /** Names of the records' random streams, so that one has the same in any company; default: their places. */
  ids?: ArrayLike<number>; // records
  /** Rows of an ask at most; default: a batch of the engine. */
  mostRows?: number;
  rng: Rng;
  signal?: AbortSignal | undefined;
}

/** How far each record is from the nearest point with another label that was found. */
export interface Distances {
  norms: typeof norms;
  distances: Float32Array; // records × checkpoints × norms; all norms of one point
  queries: Uint32Array; // records; how many were spent
  found: Uint8Array; // records; 1 where some other label was found
}

/**
 * HopSkipJump (Chen, Jordan and Wainwright 2020, algorithm 2), untargeted, of many records at once: every phase asks about
 * the rows of all of them together. Constants as in the Adversarial Robustness Toolbox, on which Li and Zhang 2021 run it;
 * with the half subspace, QEBA (Li et al. 2020).
 *
 * Where it departs from the toolbox:
 * - The point is the one after the binary search, on the boundary, not the one after the step; a search so ends with one
 *   and needs none at its beginning.
 * - At a checkpoint it is the nearest point that a draw, a step or a binary search has found so far, in the search's geometry.
 *   Points tried for a gradient are not considered.
 * - Directions are of about one length, not of exactly one.
 * - In L∞ a step goes along the signs of a decaying mean of all estimates, not of the last one alone.
 * - Queries are counted, and end the search: the last estimate makes do with the directions that are left.
 * - Before another label is found, and where none ever is, the distance is that between two corners of the box.
 *
 * A record whose label is not the model's has distance 0 (Li and Zhang 2021), for one query.
 *
 * @param records records × width, plain values from `low` to `high`
 * @param labels the true classes, or the model's own predictions
 * @throws {InvalidInput} when records without height and width are to be searched in the half subspace.
 * @throws {Cancelled} between two asks, once the signal is aborted.
 */
export async function searchBoundary(
  ask: AskLabels,
  records: Float32Array,
  labels: Int32Array,
  options: BoundaryOptions,
): Promise<Distances> {
  const { shape, low, high, geometry, checkpoints, rng, signal, subspace = "full" } = options;
  if (subspace === "half" && shape.length !== 3) {
    throw new InvalidInput(
      `records of shape [${shape}] are no images of height × width × channels, which the half subspace needs; choose the full one`,
    );
  }
  const width = sizeOf(shape);
  const mostRows = options.mostRows ?? batchRows(width);
  const together = Math.min(labels.length, recordsAtOnce(width));
  // Of each walk three arrays; the rows of an ask, a point and its distances, two sums of a gradient and their rows, the directions.
  const vectors = openVectors(
    3 * together + 12,
    (3 * together + mostRows + 3) * width + 2 * (mostRows + norms.length) + directionNumbers(width, mostRows, subspace),
  );
  const space: Space = {
    ...{ width, low, high, geometry, vectors },
    point: vectors.float32(width),
    measured: vectors.float64(norms.length),
  };
  const rows = vectors.float32(mostRows * width);
  const rooms: Room[] = Array.from({ length: together }, () => ({
    record: vectors.float32(width),
    anchor: vectors.float32(width),
    direction: vectors.float32(width),
    estimate: new Float32Array(geometry === "linf" ? width : 0),
  }));
  const search = searchIn(options, vectors, { ask, space, rows, checkpoints, signal });
  const perRecord = checkpoints.length * norms.length;
  const result: Distances = {
    norms,
    distances: new Float32Array(labels.length * perRecord),
    queries: new Uint32Array(labels.length),
    found: new Uint8Array(labels.length),
  };
  for (let first = 0; first < labels.length; first += together) {
    const walks = rooms.slice(0, labels.length - first).map((room, at) => {
      const place = first + at;
      return startWalk(space, {
        record: records.subarray(place * width, (place + 1) * width),
        label: labels[place] as number,
        rng: rng.child("boundary", options.ids?.[place] ?? place),
        room,
        checkpoints: result.distances.subarray(place * perRecord, (place + 1) * perRecord),
      });
    });
    await search(walks);
    walks.forEach((walk, at) => {
      finish(walk, space);
      result.queries[first + at] = walk.queries;
      result.found[first + at] = walk.found ? 1 : 0;
    });
  }
  return result;
}

/** Enough to fill batches with one row of each, and at most some 20 MB of walks. */
function recordsAtOnce(width: number): number {
  return Math.max(1, Math.min(4096, Math.floor(2 ** 21 / width)));
}

function searchIn(
  options: BoundaryOptions,
  vectors: Vectors,
  asking: Asking,
): (walks: readonly Walk[]) => Promise<void> {
  const { shape, low, high, geometry, checkpoints, draws = 100, iterations = Number.POSITIVE_INFINITY } = options;
  const { subspace = "full" } = options;
  const { firstDirections = subspace === "full" ? 100 : 30, mostDirections = subspace === "full" ? 10_000 : 30 } =
    options;
  const { space } = asking;
  const { width } = space;
  const mostRows = asking.rows.length / width;
  const budget = checkpoints.at(-1) ?? 0;
  const tolerance = 0.01 / (geometry === "l2" ? Math.sqrt(width) : width);
  const halvings = Math.ceil(-Math.log2(tolerance));
  const drawDirections = directionsIn(vectors, shape, mostRows, geometry, subspace, options.rng.child("directions"));
  const gradient = new GradientSum(vectors, width, mostRows);

  /** A question of one row a walk, as long as there are queries left. */
  const one = ({ write, hear }: RowQuestion): Question => ({
    rows: ({ queries }) => (queries < budget ? 1 : 0),
    write,
    hear(shares, rows, labels) {
      for (const { walk, first } of shares) hear(walk, labels[first] !== walk.label, rows, first * width);
    },
  });
  /** Writes one row after another. */
  const each =
    (write: (walk: Walk, rows: Float32Array, from: number) => void): Question["write"] =>
    (shares, rows) => {
      for (const { walk, first } of shares) write(walk, rows, first * width);
    };
  const affordable = (walks: readonly Walk[]) => walks.filter(({ queries }) => queries < budget);

  const itself = one({
    write: each(({ record }, rows, from) => rows.set(record, from)),
    hear(walk, other) {
      if (other) stayHome(walk);
    },
  });
  const anyPoint = one({
    write: each(({ rng }, rows, from) => {
      for (let at = from; at < from + width; at++) rows[at] = low + (high - low) * rng.uniform();
    }),
    hear(walk, other, rows, from) {
      if (other) standAt(walk, space, rows, from);
    },
  });
  const middle = ({ same, other }: Walk) => (same + other) / 2;
  const midpoint = one({
    write(shares, rows) {
      const ways = shares.map(({ walk }) => ({ walk, part: middle(walk) }));
      writeBetween(ways, space, rows);
    },
    hear(walk, other) {
      if (other) {
        walk.other = middle(walk);
        meetOther(walk);
      } else walk.same = middle(walk);
    },
  });
  const around: Question = {
    rows: ({ directions }) => directions,
    write(shares, rows) {
      for (const { walk, first, count } of shares) {
        const directions = drawDirections(walk.rng, count);
        vectors.step(walk.anchor, walk.spread / directions.length, directions, space, rows, first * width);
      }
    },
    hear(shares, rows, labels) {
      for (const share of shares) {
        gradient.add(share, rows, labels);
        const { walk } = share;
        if (walk.others + walk.sames === walk.directions) gradient.writeDirection(walk, geometry);
      }
    },
  };
  const ahead = one({
    write: each(({ anchor, direction, stride }, rows, from) => {
      vectors.combine(1, anchor, stride, direction, rows, from);
      vectors.clip(space, rows, from, width);
    }),
    hear(walk, other, rows, from) {
      walk.stepped = other;
      if (other) standAt(walk, space, rows, from);
      else walk.stride /= 2;
    },
  });

  /** Draws random points until one has another label. */
  async function findOthers(walks: readonly Walk[]): Promise<void> {
    let searching = walks;
    for (let draw = 0; draw < draws && searching.length > 0; draw++) {
      await put(anyPoint, searching, asking);
      searching = affordable(searching).filter(({ found }) => !found);
    }
  }

  /** Moves each anchor to the boundary by binary search. */
  async function approach(walks: readonly Walk[]): Promise<void> {
    // Before the search, as in the toolbox. √width × tolerance, or width × tolerance in linf, is 0.01.
    for (const walk of walks) walk.spread = 0.01 * walk.distance;
    for (let halving = 0; halving < halvings; halving++) await put(midpoint, walks, asking);
    for (const walk of walks) pullIn(walk, space);
  }

  /** Estimates each walk's gradient, as far as its budget goes; the walks that have one. */
  async function estimate(walks: readonly Walk[], iteration: number): Promise<readonly Walk[]> {
    const wanted = Math.min(Math.floor(firstDirections * Math.sqrt(iteration + 1)), mostDirections);
    for (const walk of walks) {
      walk.directions = Math.min(wanted, budget - walk.queries - halvings - stepsKept);
      walk.others = 0;
      walk.sames = 0;
    }
    const able = walks.filter(({ directions }) => directions > 0);
    await put(around, able, asking);
    return able;
  }

  /** Steps along the gradient, half as far each time until the label is another one; the walks that could. */
  async function step(walks: readonly Walk[], iteration: number): Promise<readonly Walk[]> {
    for (const walk of walks) {
      walk.stride = walk.distance / Math.sqrt(iteration + 1);
      walk.stepped = false;
    }
    let stepping = walks;
    // A step far shorter than the tolerance helps nobody: such a walk tries other directions.
    for (let tries = 0; tries < halvings + 4 && stepping.length > 0; tries++) {
      await put(ahead, stepping, asking);
      stepping = affordable(stepping).filter(({ stepped }) => !stepped);
    }
    return walks.filter(({ stepped }) => stepped);
  }

  return async (walks) => {
    await put(itself, walks, asking);
    await findOthers(affordable(walks).filter(({ found }) => !found));
    let searching: readonly Walk[] = walks.filter(({ found, nearest }) => found && nearest.distance > 0);
    await approach(searching);
    for (const walk of searching) walk.spread = 0.1 * (high - low);
    for (let iteration = 0; iteration < iterations && searching.length > 0; iteration++) {
      searching = await estimate(searching, iteration);
      await approach(await step(searching, iteration));
    }
  };
}

/** Queries kept back from an estimate for its step; a binary search's are kept back too. */
const stepsKept = 4;

/** A question of one row a walk: writes the rows, and hears of each, which begins at `from`, whether its label is not the record's. */
interface RowQuestion {
  write: Question["write"];
  hear(walk: Walk, other: boolean, rows: Float32Array, from: number): void;
}
