import { expect, test } from "vitest";
import { type ColumnKind, readColumns } from "./copied-columns.ts";

const kinds: ColumnKind[] = ["id", "name", "key", "number", "measure", "integer", "boolean", "time"];

function field(bytes: Buffer | null): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes ? bytes.length : -1);
  return Buffer.concat([length, bytes ?? Buffer.alloc(0)]);
}

type Row = [
  id: bigint,
  name: string,
  key: string,
  number: number | null,
  integer: number,
  truth: boolean,
  time: bigint,
];

function row([id, name, key, number, integer, truth, time]: Row) {
  const [long, double, int, micros] = [Buffer.alloc(8), Buffer.alloc(8), Buffer.alloc(4), Buffer.alloc(8)];
  long.writeBigInt64BE(id);
  double.writeDoubleBE(number ?? 0);
  int.writeInt32BE(integer);
  micros.writeBigInt64BE(time);
  const fields = [
    long,
    Buffer.from(name),
    Buffer.from(key),
    ...[0, 1].map(() => (number === null ? null : double)),
    int,
    Buffer.from([Number(truth)]),
    micros,
  ];
  return Buffer.concat([Buffer.from([0, fields.length]), ...fields.map(field)]);
}

const header = Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)]);
const sent = Buffer.concat([
  header,
  row([1n, "gäp", "00ff", 0.25, -7, true, 0n]),
  row([2n ** 40n + 3n, "gäp", "00fe", null, 7, false, 86_400_000_000n]),
  row([-1n, "", "00fd", -1e300, 0, false, 86_400_000_000n]),
  Buffer.from([0xff, 0xff]),
]);

async function* cutInto(bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < sent.length; at += bytes) yield sent.subarray(at, at + bytes);
}

test.each([1, 2, 7, 19, 20, 64, 10_000])("rows that are cut into %i bytes are whole again", async (bytes) => {
  const batches = [];
  for await (const batch of readColumns(cutInto(bytes), kinds, 2)) batches.push(batch);
  expect(batches).toEqual([
    {
      rows: 2,
      values: [
        [1, 2 ** 40 + 3],
        ["gäp", "gäp"],
        ["00ff", "00fe"],
        [0.25, null],
        Float64Array.of(0.25, Number.NaN),
        [-7, 7],
        [true, false],
        ["2000-01-01T00:00:00.000Z", "2000-01-02T00:00:00.000Z"],
      ],
    },
    {
      rows: 1,
      values: [[-1], [""], ["00fd"], [-1e300], Float64Array.of(-1e300), [0], [false], ["2000-01-02T00:00:00.000Z"]],
    },
  ]);
});
