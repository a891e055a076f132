import { ArtifactCorrupt } from "@shadowfarm/core/errors";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bundle, decodeBundle, encodeBundle, type Tensor, type TypedArray } from "./tensors.ts";

function encoded(bundle: Bundle): Uint8Array {
  return Buffer.concat(encodeBundle(bundle));
}

/** A bundle with an array of every type. */
function aBundle(changes: Partial<Bundle> = {}): Bundle {
  return {
    meta: { classes: 3, note: "ß→" },
    tensors: {
      flags: aTensor(Uint8Array.of(1, 0, 255)),
      scores: aTensor(Float64Array.of(0.1, -1e300, 5e-324)),
      weights: { shape: [2, 2], data: Float32Array.of(1.5, -2, 0, 3e38) },
      labels: aTensor(Int32Array.of(-(2 ** 31), 2 ** 31 - 1)),
      indices: aTensor(Uint32Array.of(0, 2 ** 32 - 1)),
    },
    ...changes,
  };
}

function aTensor<T extends TypedArray>(data: T): Tensor<T> {
  return { shape: [data.length], data };
}

interface Header {
  [name: string]: { dtype: string; shape: number[]; data_offsets: [number, number] };
}

/** The parts of a safetensors file, read as the format's description says. */
function partsOf(bytes: Uint8Array): { length: number; header: Header; metadata: unknown; body: Uint8Array } {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const { __metadata__: metadata, ...header } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  return { length, header, metadata, body: bytes.subarray(8 + length) };
}

/** A file with this header, whether or not it makes sense, over `bodyBytes` zeros. */
function aFile(header: unknown, bodyBytes = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + bodyBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const arrays = fc.oneof(
  fc.float32Array({ maxLength: 9 }),
  fc.float64Array({ maxLength: 9 }),
  fc.int32Array({ maxLength: 9 }),
  fc.uint32Array({ maxLength: 9 }),
  fc.uint8Array({ maxLength: 9 }),
) as fc.Arbitrary<TypedArray>;
const bundles = fc.record({
  meta: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))),
  tensors: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9/]{0,8}$/), arrays.map(aTensor), { maxKeys: 5 }),
});

describe("a bundle", () => {
  test("of every type of array is read back as it was", () => {
    const { meta, tensors } = decodeBundle(encoded(aBundle()));
    expect(meta).toEqual(aBundle().meta);
    expect(tensors).toEqual(aBundle().tensors);
    for (const [name, { data }] of Object.entries(aBundle().tensors)) {
      expect(tensors[name]?.data.constructor).toBe(data.constructor);
    }
  });

  test("of any content is read back as it was, NaN and empty arrays too", () => {
    fc.assert(
      fc.property(bundles, (bundle) => {
        const { meta, tensors } = decodeBundle(encoded(bundle));
        expect(meta).toEqual({ ...bundle.meta });
        expect(tensors).toEqual({ ...bundle.tensors });
      }),
    );
  });

  test("without arrays, or with a scalar, is one", () => {
    const tensors = { scalar: { shape: [], data: Float64Array.of(7) }, empty: aTensor(new Float32Array(0)) };
    expect(decodeBundle(encoded({ meta: null, tensors: {} }))).toEqual({ meta: null, tensors: {} });
    expect(decodeBundle(encoded({ meta: [], tensors }))).toEqual({ meta: [], tensors });
  });

  test("that equals another gives equal bytes, whatever the order of names and keys", () => {
    const { meta, tensors } = aBundle();
    const turned = (value: object) => Object.fromEntries(Object.entries(value).reverse());
    expect(encoded({ meta: turned(meta as object), tensors: turned(tensors) })).toEqual(encoded(aBundle()));
  });

  test("that differs in a bit, a name, a shape, a type or its meta gives other bytes", () => {
    const changed = (tensors: Bundle["tensors"]) => encoded({ meta: 1, tensors });
    const all = [
      changed({ a: aTensor(Float32Array.of(0, 1)) }),
      changed({ a: aTensor(Float32Array.of(-0, 1)) }),
      changed({ b: aTensor(Float32Array.of(0, 1)) }),
      changed({ a: { shape: [2, 1], data: Float32Array.of(0, 1) } }),
      changed({ a: aTensor(Int32Array.of(0, 1)) }),
      changed({ a: aTensor(Uint32Array.of(0, 1)) }),
      encoded({ meta: 2, tensors: { a: aTensor(Float32Array.of(0, 1)) } }),
    ];
    expect(new Set(all.map((bytes) => Buffer.from(bytes).toString("hex"))).size).toBe(all.length);
  });

  test("takes the part of a buffer that an array is a view of, and nothing around it", () => {
    const whole = Float32Array.of(9, 1, 2, 9);
    const view = { a: aTensor(whole.subarray(1, 3)) };
    expect(encoded({ meta: 1, tensors: view })).toEqual(
      encoded({ meta: 1, tensors: { a: aTensor(Float32Array.of(1, 2)) } }),
    );
  });

  test("is read from any place in a buffer, and does not change when the bytes do", () => {
    const bytes = encoded(aBundle());
    const shifted = Buffer.alloc(bytes.length + 3);
    shifted.set(bytes, 3);
    const decoded = decodeBundle(shifted.subarray(3));
    shifted.fill(0);
    expect(decoded).toEqual(aBundle());
  });

  test.each<[string, Bundle]>([
    ["a shape for another number of elements", aBundle({ tensors: { a: { shape: [3], data: new Float32Array(2) } } })],
    ["a meta that JSON cannot hold", aBundle({ meta: { loss: Number.NaN } })],
    ["an array of another type", aBundle({ tensors: { a: aTensor(new Int16Array(1) as unknown as Int32Array) } })],
  ])("with %s is refused before anything is written", (_, bundle) => {
    expect(() => encoded(bundle)).toThrow(TypeError);
  });
});

describe("the bytes are safetensors", () => {
  test("header length, JSON header, then each array at its offsets", () => {
    const { header, metadata, body } = partsOf(encoded(aBundle()));
    expect(header).toEqual({
      scores: { dtype: "F64", shape: [3], data_offsets: [0, 24] },
      indices: { dtype: "U32", shape: [2], data_offsets: [24, 32] },
      labels: { dtype: "I32", shape: [2], data_offsets: [32, 40] },
      weights: { dtype: "F32", shape: [2, 2], data_offsets: [40, 56] },
      flags: { dtype: "U8", shape: [3], data_offsets: [56, 59] },
    });
    // The format wants the metadata's values to be strings.
    expect(metadata).toEqual({ shadowfarm: '{"classes":3,"note":"ß→"}' });
    expect(body).toHaveLength(59);
    const at = new DataView(body.buffer, body.byteOffset);
    expect([at.getFloat64(0, true), at.getUint32(28, true), at.getInt32(32, true)]).toEqual([
      0.1,
      2 ** 32 - 1,
      -(2 ** 31),
    ]);
    expect([at.getFloat32(40, true), body[58]]).toEqual([1.5, 255]);
  });

  test("arrays lie one behind the other without holes, each at a multiple of its element size", () => {
    const sizes: Record<string, number> = { F64: 8, F32: 4, I32: 4, U32: 4, U8: 1 };
    fc.assert(
      fc.property(bundles, (bundle) => {
        const { length, header, body } = partsOf(encoded(bundle));
        expect(length % 8).toBe(0);
        let end = 0;
        for (const { dtype, data_offsets } of Object.values(header).sort(
          (a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
        )) {
          expect(data_offsets[0]).toBe(end);
          expect(data_offsets[0] % (sizes[dtype] as number)).toBe(0);
          end = data_offsets[1];
        }
        expect(end).toBe(body.length);
      }),
    );
  });

  test("a file that another program wrote is read, padded or not, in any order", () => {
    const header = {
      b: { dtype: "U8", shape: [2], data_offsets: [4, 6] },
      a: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
      __metadata__: { shadowfarm: "{}", by: "another program" },
    };
    expect(decodeBundle(aFile(header, 6))).toEqual({
      meta: {},
      tensors: { a: aTensor(new Float32Array(1)), b: aTensor(new Uint8Array(2)) },
    });
  });
});

describe("bytes that are not a bundle are corrupt", () => {
  test("when they end early, wherever that is", () => {
    const bytes = encoded(aBundle());
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeBundle(bytes.subarray(0, length)), `${length} bytes`).toThrow(ArtifactCorrupt);
    }
  });

  test("when they are anything at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(() => decodeBundle(bytes)).toThrow(ArtifactCorrupt);
      }),
    );
  });

  test("when one byte of their header was altered so that it makes no sense; no other error is ever thrown", () => {
    const bytes = encoded(aBundle());
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const altered = bytes.slice();
        altered[at] = value;
        try {
          decodeBundle(altered);
        } catch (error) {
          expect(error).toBeInstanceOf(ArtifactCorrupt);
        }
      }),
      { numRuns: 500 },
    );
  });

  const __metadata__ = { shadowfarm: "{}" };
  const tensor = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  test.each<[string, unknown]>([
    ["no JSON", "{"],
    ["null", "null"],
    ["a list", []],
    ["no metadata", { a: tensor }],
    ["metadata of another program", { __metadata__: { format: "pt" } }],
    ["metadata that is no text", { __metadata__: { shadowfarm: {} } }],
    ["metadata that is no JSON", { __metadata__: { shadowfarm: "{" } }],
    ["an array without description", { __metadata__, a: null }],
    ["an empty description", { __metadata__, a: {} }],
    ["an unknown type", { __metadata__, a: { ...tensor, dtype: "BF16" } }],
    ["a type that every object has", { __metadata__, a: { ...tensor, dtype: "constructor" } }],
    ["a type that is no text", { __metadata__, a: { ...tensor, dtype: ["F32"] } }],
    ["no shape", { __metadata__, a: { ...tensor, shape: undefined } }],
    ["a negative shape", { __metadata__, a: { ...tensor, shape: [-1, -2] } }],
    ["a shape of text", { __metadata__, a: { ...tensor, shape: ["2"] } }],
    ["another shape", { __metadata__, a: { ...tensor, shape: [3] } }],
    ["an enormous shape", { __metadata__, a: { ...tensor, shape: Array(40).fill(2 ** 52) } }],
    ["one offset", { __metadata__, a: { ...tensor, data_offsets: [0] } }],
    ["offsets out of order", { __metadata__, a: { ...tensor, data_offsets: [8, 0] } }],
    ["offsets before the data", { __metadata__, a: { ...tensor, data_offsets: [-8, 0] } }],
    ["offsets after the data", { __metadata__, a: { ...tensor, data_offsets: [8, 16] } }],
    ["offsets within an element", { __metadata__, a: { ...tensor, data_offsets: [0, 7] } }],
    ["offsets that are fractions", { __metadata__, a: { ...tensor, data_offsets: [0.5, 8.5] } }],
  ])("when their header holds %s", (_, header) => {
    expect(() => decodeBundle(aFile(header, 8))).toThrow(ArtifactCorrupt);
  });

  test("when their header claims to be longer than any file", () => {
    const bytes = new Uint8Array(16).fill(0xff);
    expect(() => decodeBundle(bytes)).toThrow("an artifact ends within its header");
  });
});
