import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { auc, bestBalancedAccuracy, evaluate, rocCurve, tprAtFpr } from "./metrics.ts";

const folder = path.resolve(
  process.env.SHADOWFARM_CROSSCHECK ?? path.join(import.meta.dirname, "../../../../shared/crosscheck"),
);
const present = existsSync(folder);
const title = present ? "cross-check" : `cross-check SKIPPED: no ${folder}; set SHADOWFARM_CROSSCHECK`;

interface Expected {
  auc: number;
  tpr1: number;
  tpr01: number;
  balacc: number;
}

/** The numbers of an `.npy` file, version 1, in C order. */
function readNpy(name: string): { values: ArrayLike<number>; shape: number[] } {
  const bytes = readFileSync(path.join(folder, name));
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", 10, start);
  const body = bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length);
  const readers: Record<string, (body: ArrayBufferLike) => ArrayLike<number>> = {
    "<f8": (of) => new Float64Array(of),
    "<i4": (of) => new Int32Array(of),
    "|u1": (of) => new Uint8Array(of),
  };
  const type = /'descr': '([^']+)'/.exec(header)?.[1] ?? "";
  const shape = /'shape': \(([^)]*)\)/.exec(header)?.[1] ?? "";
  const read = readers[type];
  if (read === undefined || header.includes("'fortran_order': True")) throw new Error(`cannot read ${name}: ${header}`);
  return {
    values: read(body),
    shape: shape
      .split(",")
      .filter((part) => part.trim() !== "")
      .map(Number),
  };
}

/** The target of the cross-check: model 16 of 17. */
function readTarget() {
  const labels = readNpy("labels.npy").values;
  const { values, shape } = readNpy("posteriors.npy");
  const [models = 0, records = 0, classes = 0] = shape;
  const target = models - 1;
  const posteriors = Array.from({ length: records }, (_, record) =>
    Array.from({ length: classes }, (_, label) => values[(target * records + record) * classes + label] as number),
  );
  const membership = readNpy("membership.npy").values;
  const isMember = Uint8Array.from({ length: records }, (_, record) => membership[target * records + record] as number);
  return { labels, posteriors, isMember };
}

describe.skipIf(!present)(title, () => {
  const rows: [name: string, score: (posterior: number[], label: number) => number][] = [
    ["confidence of true class (LOSS / threshold attack)", (posterior, label) => posterior[label] as number],
    [
      "negative prediction entropy",
      (posterior) => posterior.reduce((sum, p) => sum + p * Math.log(Math.max(p, 1e-30)), 0),
    ],
    [
      "correct / incorrect (gap attack)",
      (posterior, label) => (posterior.indexOf(Math.max(...posterior)) === label ? 1 : 0),
    ],
  ];

  test.each(rows)("%s agrees with the public toolkits to four decimals", (name, score) => {
    const { labels, posteriors, isMember } = readTarget();
    const expected: Expected = JSON.parse(readFileSync(path.join(folder, "expected.json"), "utf8"))[name];
    const scores = Float64Array.from(posteriors, (posterior, record) => score(posterior, labels[record] as number));
    const roc = rocCurve(scores, isMember);
    const rounded = (value: number) => Number(value.toFixed(4));
    expect({
      auc: rounded(auc(scores, isMember)),
      tpr1: rounded(tprAtFpr(roc, 0.01)),
      tpr01: rounded(tprAtFpr(roc, 0.001)),
      balacc: rounded(bestBalancedAccuracy(roc).balancedAccuracy),
    }).toEqual(expected);
    // Stored, the level that 499 non-members cannot show is not a number.
    const metrics = evaluate(scores, isMember, { by: "oracle" }, { trainAccuracy: 1, testAccuracy: 0.5 });
    expect(rounded(metrics.balancedAccuracy)).toBe(expected.balacc);
    expect(metrics.tprAtFpr["0.001"]).toBeNull();
  });
});
