import { createHash } from "node:crypto";
import { InvalidInput } from "@shadowfarm/core/errors";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RowForm, readBitRows } from "./bit-rows.ts";

const labelled: RowForm = { label: { classes: 30, quoted: true }, bits: 4 };
const plain: RowForm = { label: { classes: 100, quoted: false }, bits: 3 };
const bitsAlone: RowForm = { bits: 4 };
const classesAlone: RowForm = { label: { classes: 100, quoted: false }, bits: 0 };
const goodRows = new Map([
  [labelled, '"1",0,0,0,0'],
  [plain, "1,0,0,0"],
  [bitsAlone, "0,0,0,0"],
  [classesAlone, "1"],
]);

async function* piecesOf(content: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...cuts.map((cut) => cut % (content.length + 1)), content.length].sort((a, b) => a - b);
  for (const [at, end] of ends.entries()) yield content.subarray(ends[at - 1] ?? 0, end);
}

const read = (content: string, form: RowForm, { room = 2, cuts = [] as readonly number[] } = {}) =>
  readBitRows(piecesOf(Buffer.from(content, "latin1"), cuts), form, "rows", room);

async function complaint(content: string, form: RowForm, cuts: readonly number[] = []): Promise<string> {
  const error = await read(content, form, { cuts }).catch((thrown: unknown) => thrown);
  if (error instanceof InvalidInput) return error.message;
  throw error;
}

test("rows become bits and labels from 0, and the checksum is that of the bytes", async () => {
  const content = '"30",1,0,0,1\n"1",0,1,1,0\n';
  expect(await read(content, labelled)).toEqual({
    records: 2,
    checksum: createHash("sha256").update(content).digest("hex"),
    bits: Uint8Array.of(1, 0, 0, 1, 0, 1, 1, 0),
    labels: Int32Array.of(29, 0),
  });
  expect(await read("100,1,0,1\n7,0,0,0\n", plain)).toMatchObject({ labels: Int32Array.of(99, 6) });
});

test("rows of bits alone have no labels, and rows of a class alone no bits", async () => {
  expect(await read("1,0,0,0\n0,1,1,1\n0,0,0,1\n", bitsAlone)).toMatchObject({
    records: 3,
    bits: Uint8Array.of(1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1),
    labels: new Int32Array(0),
  });
  expect(await read("3\n100\n", classesAlone)).toMatchObject({
    records: 2,
    bits: new Uint8Array(0),
    labels: Int32Array.of(2, 99),
  });
});

test.each([
  ["Windows line ends", (text: string) => text.replaceAll("\n", "\r\n")],
  ["no final line feed", (text: string) => text.slice(0, -1)],
  ["Windows line ends but the last", (text: string) => text.replaceAll("\n", "\r\n").slice(0, -2)],
])("%s make no difference but to the checksum", async (_, change) => {
  for (const [form, content] of [
    [labelled, '"30",1,0,0,1\n"1",0,1,1,0\n'],
    [bitsAlone, "1,0,0,1\n0,1,1,0\n"],
    [classesAlone, "3\n100\n"],
  ] as const) {
    const usual = await read(content, form);
    const { checksum, ...changed } = await read(change(content), form);
    expect(usual).toMatchObject(changed);
    expect(checksum).not.toBe(usual.checksum);
  }
});

test("however many rows there was room for, those of the file are kept; without room they are checked and counted", async () => {
  const rows = Array.from({ length: 9 }, (_, at) => `"${at + 1}",1,0,${at % 2},1\n`).join("");
  const exact = await read(rows, labelled, { room: 9 });
  expect(exact.labels).toEqual(Int32Array.from({ length: 9 }, (_, at) => at));
  for (const room of [1, 2, 8, 10, 1000]) expect(await read(rows, labelled, { room })).toEqual(exact);
  const { records, checksum } = exact;
  const counted = await read(rows, labelled, { room: 0 });
  expect(counted).toEqual({ records, checksum, bits: new Uint8Array(0), labels: new Int32Array(0) });
  await expect(read(`${rows}"1",1,0,2,1\n`, labelled, { room: 0 })).rejects.toThrow('row 10, value 3: "2"');
});

describe("wherever the file is cut into pieces", () => {
  const cuts = fc.array(fc.nat(), { maxLength: 12 });
  const bits = fc.array(fc.array(fc.nat(1), { minLength: 7, maxLength: 7 }), { minLength: 1, maxLength: 6 });

  test("its rows are the same", async () => {
    const property = fc.asyncProperty(
      bits,
      cuts,
      fc.constantFrom("\n", "\r\n"),
      fc.boolean(),
      fc.nat(4),
      async (rows, cuts, end, ended, room) => {
        const lines = rows.map((row, at) => [`"${at + 1}"`, ...row].join(","));
        const content = lines.join(end) + (ended ? end : "");
        expect(await read(content, { ...labelled, bits: 7 }, { room, cuts })).toEqual({
          records: rows.length,
          checksum: createHash("sha256").update(content).digest("hex"),
          bits: Uint8Array.from(room > 0 ? rows.flat() : []),
          labels: Int32Array.from(room > 0 ? rows.keys() : []),
        });
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });

  test("what is wrong with it is the same", async () => {
    const property = fc.asyncProperty(
      bits,
      cuts,
      fc.nat(),
      fc.constantFrom("", "2", ",", "\n", "\r", '"', " ", "x", "0"),
      async (rows, cuts, at, put) => {
        const good = rows.map((row, label) => `"${label + 1}",${row.join(",")}\n`).join("");
        const place = at % good.length;
        const content = good.slice(0, place) + put + good.slice(place + 1);
        const form = { ...labelled, bits: 7 };
        const whole = await read(content, form).catch((error: Error) => error.message);
        expect(await read(content, form, { cuts }).catch((error: Error) => error.message)).toEqual(whole);
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });
});

test.each<[string, RowForm, string, string]>([
  ["a class out of range", labelled, '"31",0,0,0,0', 'the class "31" is not "1" … "30"'],
  ["class 0", plain, "0,0,0,0", "the class 0 is not 1 … 100"],
  ["a class without quotes", labelled, "3,0,0,0,0", 'the class 3 is not "1" … "30"'],
  ["a class in quotes", plain, '"3",0,0,0', 'the class "3" is not 1 … 100'],
  ["a class that is no number", plain, "1e1,0,0,0", "the class 1e1 is not 1 … 100"],
  ["an empty row", labelled, "", 'the class  is not "1" … "30"'],
  ["an empty row of bits", bitsAlone, "", "ends after 0 of 4 values"],
  ["a class and no bits", plain, "1", "ends after 0 of 3 values"],
  ["a cut row", labelled, '"3",0,1,', "ends after 2 of 4 values"],
  ["a value too few", bitsAlone, "0,1,0", "ends after 3 of 4 values"],
  ["a value too many", bitsAlone, "0,1,0,1,0", "more than 4 values"],
  ["a value after a class alone", classesAlone, "1,0", "more than 0 values"],
])("%s is refused with its row", async (_, form, bad, problem) => {
  const good = goodRows.get(form);
  for (const [content, row] of [
    [`${bad}\n${good}\n`, 1],
    [`${good}\n${bad}\n${good}\n`, 2],
    [`${good}\r\n${bad}\r\n`, 2],
  ] as const) {
    expect(await complaint(content, form)).toBe(`rows, row ${row}: ${problem}; download it again`);
  }
});

test.each([
  ["another digit", "0,2,0,0", 'value 2: "2" is not 0 or 1'],
  ["a digit too many", "0,1,00,0", 'value 3: followed by "0", not by a comma'],
  ["no value", "0,,0,0", 'value 2: "," is not 0 or 1'],
  ["a space", "0, 1,0,0", 'value 2: " " is not 0 or 1'],
  ["another separator", "0;1;0;0", 'value 1: followed by ";", not by a comma'],
  ["a byte that is no character", "0,\u0000,0,0", 'value 2: "\\u0000" is not 0 or 1'],
])("%s is refused with its row and value", async (_, bad, problem) => {
  for (const cuts of [[], [9, 11, 13]]) {
    const content = `0,0,0,1\n${bad}\n0,1,0,0\n0,1,0,0\n`;
    expect(await complaint(content, bitsAlone, cuts)).toBe(`rows, row 2, ${problem}; download it again`);
  }
});

test("a file without rows, and one that is a single endless class, are refused", async () => {
  expect(await complaint("", bitsAlone)).toBe("rows has no rows; download it again");
  expect(await complaint("", labelled)).toBe("rows has no rows; download it again");
  expect(await complaint("1".repeat(10_000), labelled, [20, 400])).toMatch(/^rows, row 1: the class 1{41} is not "1"/);
});
