/** A record's pixel: red tells the record, green the row and blue the column. */
const pixelOf = (record: number, row: number, column: number): number[] => [record % 256, row, 100 + column];

/** A batch of CIFAR's binary version: for each record its label bytes, then planes of red, green and blue. */
export function aBatch(labels: readonly (readonly number[])[], first = 0): Uint8Array {
  const pixels = Array.from({ length: 1024 }, (_, pixel) => [Math.floor(pixel / 32), pixel % 32] as const);
  return Buffer.concat(
    labels.map((bytes, record) =>
      Uint8Array.from([
        ...bytes,
        ...[0, 1, 2].flatMap((channel) =>
          pixels.map(([row, column]) => pixelOf(first + record, row, column)[channel] as number),
        ),
      ]),
    ),
  );
}

/** The pixels of as many records as a loader should give them. */
export function pixelsOf(records: number): Uint8Array {
  return Uint8Array.from(
    Array.from({ length: records * 1024 }, (_, at) =>
      pixelOf(Math.floor(at / 1024), Math.floor((at % 1024) / 32), at % 32),
    ).flat(),
  );
}
