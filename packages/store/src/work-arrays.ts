/**
 * Arrays that a question needs while it is answered, used again by the next one: to make some of this size, and throw them away, takes
 * as long as all else.
 */
export class WorkArrays {
  private readonly ints = new Room((length) => new Int32Array(length));
  private readonly numbers = new Room((length) => new Float64Array(length));

  /** From now on all arrays that were taken are others'. */
  begin(): void {
    this.ints.taken = 0;
    this.numbers.taken = 0;
  }

  /** With anything in it. */
  takeInts(length: number): Int32Array {
    return this.ints.take(length);
  }

  /** With anything in it. */
  takeNumbers(length: number): Float64Array {
    return this.numbers.take(length);
  }
}

const FIRST_LENGTH = 2 ** 16;

/** One array, of which parts are taken; when it is too short, a longer one takes its place. */
class Room<Part extends Int32Array | Float64Array> {
  taken = 0;
  private all: Part;
  private readonly make: (length: number) => Part;

  constructor(make: (length: number) => Part) {
    this.make = make;
    this.all = make(FIRST_LENGTH);
  }

  take(length: number): Part {
    if (this.taken + length > this.all.length) {
      this.all = this.make(2 * (this.all.length + length));
      this.taken = 0;
    }
    this.taken += length;
    return this.all.subarray(this.taken - length, this.taken) as Part;
  }
}
