import { expect, test } from "vitest";
import { parseNpy } from "./npy.ts";

function aNpy(header: string, body: ArrayBufferView, version = 1): Uint8Array {
  const text = Buffer.from(header, "latin1");
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([
    Buffer.from("\u0093NUMPY", "latin1"),
    Buffer.of(version, 0),
    length,
    text,
    new Uint8Array(body.buffer, body.byteOffset, body.byteLength),
  ]);
}

const described = (descr: string, shape: string, order = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }\n`;

test.each([1, 2])("version %i, whatever the place of the data in the file", (version) => {
  const values = Float64Array.of(1.5, -2, 3, 4, 5, 6);
  const { shape, data } = parseNpy(aNpy(described("<f8", "2, 3"), values, version), "a.npy");
  expect(shape).toEqual([2, 3]);
  expect(data).toEqual(values);
});

test.each([
  ["<i4", Int32Array.of(-7)],
  ["<i8", BigInt64Array.of(7n)],
  ["|u1", Uint8Array.of(255)],
  ["|b1", Uint8Array.of(1)],
])("elements of type %s", (descr, values) => {
  expect(parseNpy(aNpy(described(descr, "1,"), values), "a.npy").data).toEqual(values);
});

test.each<[string, Uint8Array, string]>([
  ["another format", Buffer.from("hello, this is text"), "a.npy: not a .npy file"],
  ["an element type", aNpy(described(">f8", "1,"), Float64Array.of(1)), "elements of type >f8 cannot be read"],
  ["an order", aNpy(described("<f8", "1,", "True"), Float64Array.of(1)), "in Fortran order"],
  ["a cut file", aNpy(described("<f8", "2,"), Float64Array.of(1)), "holds 8 bytes of data, but shape [2] needs 16"],
])("%s is refused", (_, file, message) => {
  expect(() => parseNpy(file, "a.npy")).toThrow(message);
});

test("float32 values become doubles, the smallest ones too", () => {
  const bits = Uint32Array.of(0x3f00_0000, 1, 0x8000_0001, 0x0080_0000, 0x007f_ffff);
  const { data } = parseNpy(aNpy(described("<f4", "5,"), bits), "a.npy");
  expect([...data]).toEqual([0.5, 2 ** -149, -(2 ** -149), 2 ** -126, 2 ** -126 - 2 ** -149]);
});
