/**
 * Arrays that a question needs while it is answered, used again by the next one: to make some of this size, and throw them away, takes
 * as long as all else.
 */
export class WorkArrays {
  private ints = new Int32Array(2 ** 16);
  private intsTaken = 0;
  private numbers = new Float64Array(2 ** 16);
  private numbersTaken = 0;

  /** From now on all arrays that were taken are others'. */
  begin(): void {
    this.intsTaken = 0;
    this.numbersTaken = 0;
  }

  /** With anything in it. */
  takeInts(length: number): Int32Array {
    if (this.intsTaken + length > this.ints.length) {
      this.ints = new Int32Array(2 * (this.ints.length + length));
      this.intsTaken = 0;
    }
    this.intsTaken += length;
    return this.ints.subarray(this.intsTaken - length, this.intsTaken);
  }

  /** With anything in it. */
  takeNumbers(length: number): Float64Array {
    if (this.numbersTaken + length > this.numbers.length) {
      this.numbers = new Float64Array(2 * (this.numbers.length + length));
      this.numbersTaken = 0;
    }
    this.numbersTaken += length;
    return this.numbers.subarray(this.numbersTaken - length, this.numbersTaken);
  }
}
