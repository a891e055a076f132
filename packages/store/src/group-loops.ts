import {
  block,
  type Code,
  define,
  encodeModule,
  i32,
  type Local,
  memory,
  repeatWhile,
  when,
} from "@shadowfarm/core/wasm-code";

/** In no group. */
export const NO_GROUP = -1;
/** Of a group that nothing is in: no candidate came first. */
export const NONE = -1;

/** Groups one after another, in each its results in the order of the candidates. Valid until the next question. */
export interface Members {
  /** Where each group begins, and the last one ends. */
  starts: Int32Array; // groups + 1
  results: Int32Array; // places
  /** The candidate that came first; `NONE` where nothing is in a group. */
  firsts: Int32Array; // groups
}

/** What a question works with, to be filled. Valid until the next question. */
export interface Desk {
  results: Int32Array; // candidates; places
  ofCombination: Int32Array; // combinations; groups
  groups: Int32Array; // candidates
}

/**
 * The columns of results by which these are put into groups, and the loops that do it, in WebAssembly: two to three times as fast as in
 * JavaScript, where each access to an array has its bounds checked, and whether it is still attached.
 */
export class GroupLoops {
  private room: Room;
  private desk: Desk;
  /** Bytes of the memory, from its beginning. */
  private used = 0;

  /** @param capacity results that there is room for */
  constructor(capacity: number) {
    this.room = openRoom(capacity, 0);
    this.desk = this.begin(new Int32Array(), 0);
  }

  get combinationOf(): Int32Array {
    return this.room.combinationOf; // capacity
  }

  /** 1 for yes. */
  get synthetic(): Uint8Array {
    return this.room.synthetic; // capacity
  }

  /** 1 for yes. */
  get noSignal(): Uint8Array {
    return this.room.noSignal; // capacity
  }

  /** Makes room for so many results, and keeps those that are there. */
  enlarge(capacity: number): void {
    this.room = openRoom(capacity, 0, this.room);
  }

  /** Begins a question about results among so many combinations. */
  begin(results: Int32Array, combinations: number): Desk {
    const candidates = results.length;
    // Groups are at most as many as combinations, or as candidates.
    const numbers = 3 * candidates + combinations + 3 * (Math.max(candidates, combinations) + 1);
    const capacity = this.combinationOf.length;
    this.used = columnBytes(capacity);
    if (this.used + 4 * numbers > this.room.buffer.byteLength) this.room = openRoom(capacity, 2 * numbers, this.room);
    this.desk = {
      results: this.take(candidates),
      groups: this.take(candidates),
      ofCombination: this.take(combinations),
    };
    this.desk.results.set(results);
    return this.desk;
  }

  /** Writes the group of each candidate's combination. */
  takeGroups(): void {
    const { results, groups, ofCombination } = this.desk;
    const { byteOffset } = this.combinationOf;
    this.room.takeGroups(results.byteOffset, results.length, byteOffset, ofCombination.byteOffset, groups.byteOffset);
  }

  /** Puts the candidates that are in one of so many groups in the order of these. */
  members(count: number): Members {
    const { results, groups } = this.desk;
    const starts = this.take(count + 1).fill(0);
    const firsts = this.take(count).fill(NONE);
    const next = this.take(count);
    this.room.countMembers(groups.byteOffset, groups.length, starts.byteOffset, firsts.byteOffset);
    for (let group = 0; group < count; group++) (starts[group + 1] as number) += starts[group] as number;
    next.set(starts.subarray(0, count));
    const members = this.take(starts[count] as number);
    const [from, by, to] = [results.byteOffset, groups.byteOffset, members.byteOffset];
    this.room.placeMembers(from, by, results.length, next.byteOffset, to);
    return { starts, results: members, firsts };
  }

  /** How many of some members are marked. */
  countMarked(members: Int32Array, marks: Uint8Array): number {
    return this.room.sum(members.byteOffset, members.length, marks.byteOffset);
  }

  private take(length: number): Int32Array {
    const address = this.used;
    this.used += 4 * length;
    return new Int32Array(this.room.buffer, address, length);
  }
}

/** A memory that begins with the columns, and the loops on it. */
interface Room extends Functions {
  buffer: ArrayBuffer;
  combinationOf: Int32Array; // capacity
  synthetic: Uint8Array; // capacity
  noSignal: Uint8Array; // capacity
}

function columnBytes(capacity: number): number {
  return 8 * Math.ceil((6 * capacity) / 8);
}

/** @param numbers of 32 bits that there is room for behind the columns, which are those of `before` as far as they go */
function openRoom(capacity: number, numbers: number, before?: Room): Room {
  const { buffer, ...loops } = instantiate(Math.ceil((columnBytes(capacity) + 4 * numbers) / 2 ** 16));
  const room: Room = {
    ...loops,
    buffer,
    combinationOf: new Int32Array(buffer, 0, capacity),
    synthetic: new Uint8Array(buffer, 4 * capacity, capacity),
    noSignal: new Uint8Array(buffer, 5 * capacity, capacity),
  };
  if (before) {
    room.combinationOf.set(before.combinationOf);
    room.synthetic.set(before.synthetic);
    room.noSignal.set(before.noSignal);
  }
  return room;
}

/** The compiled functions; they take addresses and counts. */
interface Functions {
  takeGroups(results: number, count: number, combinationOf: number, ofCombination: number, groups: number): void;
  /** Counts each group's members behind its place, and notes which is the first. */
  countMembers(groups: number, count: number, counts: number, firsts: number): void;
  /** `next` says where the next member of each group goes, and moves on. */
  placeMembers(results: number, groups: number, count: number, next: number, members: number): void;
  sum(results: number, count: number, marks: number): number;
}

let compiled: WebAssembly.Module | undefined;

function instantiate(pages: number): Functions & { buffer: ArrayBuffer } {
  compiled ??= new WebAssembly.Module(encodeModule({ takeGroups, countMembers, placeMembers, sum }));
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(compiled, { from: { memory } });
  return { ...(exports as unknown as Functions), buffer: memory.buffer };
}

const takeGroups = define(["i32", "i32", "i32", "i32", "i32"], null, (params) => {
  const [results, count, combinationOf, ofCombination, groups] = params as [Local, Local, Local, Local, Local];
  const combination = memory.loadInt(placeOf(combinationOf, memory.loadInt(results.get)));
  return forEach(
    count,
    [results, groups],
    memory.storeInt(groups.get, memory.loadInt(placeOf(ofCombination, combination))),
  );
});

const countMembers = define(["i32", "i32", "i32", "i32"], null, (params, local) => {
  const [groups, count, counts, firsts] = params as [Local, Local, Local, Local];
  const [group, own, before, candidate] = [local("i32"), local("i32"), local("i32"), local("i32")];
  return forEach(
    count,
    [groups],
    group.set(memory.loadInt(groups.get)),
    when(
      i32.greater(group.get, i32.constant(NO_GROUP)),
      own.set(placeOf(counts, group.get)),
      before.set(memory.loadInt(own.get, 4)),
      memory.storeInt(own.get, i32.add(before.get, i32.constant(1)), 4),
      when(i32.isZero(before.get), memory.storeInt(placeOf(firsts, group.get), candidate.get)),
    ),
    candidate.set(i32.add(candidate.get, i32.constant(1))),
  );
});

const placeMembers = define(["i32", "i32", "i32", "i32", "i32"], null, (params, local) => {
  const [results, groups, count, next, members] = params as [Local, Local, Local, Local, Local];
  const [group, own, place] = [local("i32"), local("i32"), local("i32")];
  return forEach(
    count,
    [results, groups],
    group.set(memory.loadInt(groups.get)),
    when(
      i32.greater(group.get, i32.constant(NO_GROUP)),
      own.set(placeOf(next, group.get)),
      place.set(memory.loadInt(own.get)),
      memory.storeInt(own.get, i32.add(place.get, i32.constant(1))),
      memory.storeInt(placeOf(members, place.get), memory.loadInt(results.get)),
    ),
  );
});

const sum = define(["i32", "i32", "i32"], "i32", (params, local) => {
  const [results, count, marks] = params as [Local, Local, Local];
  const total = local("i32");
  const mark = memory.loadByte(i32.add(marks.get, memory.loadInt(results.get)));
  return block(forEach(count, [results], total.set(i32.add(total.get, mark))), total.get);
});

/** The address of the number in an array of int32. */
function placeOf(array: Local, at: Code): Code {
  return i32.add(array.get, i32.shiftLeft(at, 2));
}

/** Does `body` so many times, and each time goes on by an int32 at some addresses. */
function forEach(count: Local, addresses: readonly Local[], ...body: readonly Code[]): Code {
  const isLeft = i32.greater(count.get, i32.constant(0));
  return when(
    isLeft,
    repeatWhile(
      isLeft,
      ...body,
      ...addresses.map((address) => address.set(i32.add(address.get, i32.constant(4)))),
      count.set(i32.subtract(count.get, i32.constant(1))),
    ),
  );
}
