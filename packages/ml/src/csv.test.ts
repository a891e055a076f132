import { expect, test } from "vitest";
import { parseCsv } from "./csv.ts";

const read = (text: string) => parseCsv(Buffer.from(text), "a.csv");

test.each([
  ["no header", "0.5,0.25\n1e-3,1\n"],
  ["a header of names", "p0,p1\n0.5,0.25\n1e-3,1\n"],
  ["Windows line ends, a byte order mark, spaces and empty lines", "\uFEFFa, b\r\n\r\n0.5, 0.25\r\n 1e-3,1\r\n\r\n"],
])("rows × columns with %s", (_, text) => {
  expect(read(text)).toEqual({ shape: [2, 2], data: Float64Array.of(0.5, 0.25, 1e-3, 1) });
});

test("a header of column numbers is one where it can be nothing else", () => {
  expect(read("0,1,2\n0.2,0.3,0.5\n").shape).toEqual([1, 3]);
  expect(read("0,1\n0.2,0.8\n").shape).toEqual([2, 2]);
  expect(read("0\n1\n").shape).toEqual([2, 1]);
});

test("every double comes back as it was written", () => {
  const values = [Math.PI, 1 / 3, 5e-324, 0.1 + 0.2];
  expect([...read(values.join(",")).data]).toEqual(values);
});

test("truth values are 1 and 0; what is not finite stays so, for whoever judges it", () => {
  expect([...read("True\nfalse\nnan\ninf\n-inf").data]).toEqual([1, 0, Number.NaN, Infinity, -Infinity]);
});

test.each([
  ["a word", "a\n1\ntwo\n", 'a.csv, line 3, column 1: "two" is not a number; correct it'],
  ["an empty cell", "1,2\n3,\n", 'a.csv, line 2, column 2: "" is not a number; correct it'],
  ["a name beside a number", "id,1\n2,3\n", 'a.csv, line 1, column 1: "id" is not a number; correct it'],
  ["a shorter row", "1,2\n3\n", "a.csv, line 2: 1 values, but 2 in the first line; correct it"],
  [
    "a column of row numbers",
    ",p0\n0,1\n",
    "a.csv, line 1: column 1 has no name, as of a row number; leave that column out",
  ],
  ["a header alone", "a,b\n", "a.csv holds no numbers; give a line of them for each record"],
  ["nothing", "", "a.csv holds no numbers; give a line of them for each record"],
  ["an open quote", '"1\n2', /^a\.csv cannot be read as CSV: .*; correct it$/s],
])("%s is refused", (_, text, message) => {
  expect(() => read(text)).toThrow(message);
});
