import { createRng } from "@shadowfarm/core/rng";
import { trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import { tfjs } from "@shadowfarm/engine/tfjs";
import { beforeAll, expect, test } from "vitest";
import { augmented } from "../augment.ts";
import { type Layer, place } from "../layers.ts";
import { query } from "../query.ts";
import { train } from "../train.ts";
import { dataAugmentation } from "./data-augmentation.ts";
import { aDefended } from "./defended.fixture.ts";

beforeAll(async () => {
  await openEngine("cpu");
  await tfjs().setBackend("cpu");
});

/** Draws in the order in which they are asked for: shifts down, whether mirrored, shifts across. */
function pictures(images: number[][][], about: { shift: number; mirror: boolean }, draws: number[][]): number[][][] {
  const tf = tfjs();
  const left = [...draws];
  const uniform = (shape: readonly number[]) => tf.tensor(left.shift() as number[], [...shape]);
  const x = tf.tensor(images).expandDims(-1);
  const made = augmented(x, about, uniform).squeeze([-1]).arraySync() as number[][][];
  expect(left).toEqual([]);
  return made;
}

const picture = [
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
];

test("a draw below ⅓ shifts by −1, one above ⅔ by +1; what is uncovered is zero", () => {
  // Row r is that of r + offset.
  expect(
    pictures([picture, picture, picture], { shift: 1, mirror: false }, [
      [0.9, 0.5, 0],
      [0.5, 0, 0.99],
    ]),
  ).toEqual([
    [
      [4, 5, 6],
      [7, 8, 9],
      [0, 0, 0],
    ],
    [
      [0, 1, 2],
      [0, 4, 5],
      [0, 7, 8],
    ],
    [
      [0, 0, 0],
      [2, 3, 0],
      [5, 6, 0],
    ],
  ]);
});

test("a draw below ½ mirrors, about the picture's own middle, what a shift has left", () => {
  expect(
    pictures([picture, picture], { shift: 1, mirror: true }, [
      [0.5, 0.5],
      [0.49, 0.5],
      [0.9, 0.5],
    ]),
  ).toEqual([
    [
      [2, 1, 0],
      [5, 4, 0],
      [8, 7, 0],
    ],
    picture,
  ]);
});

test("pictures may be wider than high, and have channels", () => {
  const tf = tfjs();
  const x = tf.tensor([
    [
      [
        [1, 10],
        [2, 20],
        [3, 30],
      ],
    ],
  ]);
  const made = augmented(x, { shift: 0, mirror: true }, (shape) => tf.fill([...shape], 0.2));
  expect(made.arraySync()).toEqual([
    [
      [
        [3, 30],
        [2, 20],
        [1, 10],
      ],
    ],
  ]);
});

const shape = [5, 4, 1];
const layers = dataAugmentation.model?.(
  [{ kind: "flatten" }, { kind: "dense", units: 2, activation: "linear" }],
  dataAugmentation.params.parse({ shift: 1 }),
) as Layer[];
const lesson = (() => {
  const rng = createRng("pictures");
  const labels = Int32Array.from({ length: 30 }, (_, record) => record % 2);
  return { labels, features: Float32Array.from({ length: 30 * 20 }, () => rng.uniform()), rng: createRng(1) };
})();
const recipe = { layers, inputShape: shape, classes: 2, training: trainingSchema.parse({ epochs: 3, batch: 10 }) };

test("every engine shows the same pictures, and a network trained on them is another one", async () => {
  const [compiled, cpu] = [await openEngine("onnx"), await openEngine("cpu")];
  const { weights } = await train(compiled, recipe, lesson);
  const other = await train(cpu, recipe, lesson);
  const plain = await train(compiled, { ...recipe, layers: layers.slice(1) }, lesson);
  const [kernel, same, different] = [weights, other.weights, plain.weights].map(
    (of) => of["dense1/kernel"]?.data as Float32Array,
  ) as [Float32Array, Float32Array, Float32Array];
  for (const [at, value] of kernel.entries()) expect(same[at]).toBeCloseTo(value, 5);
  expect(Math.max(...kernel.map((value, at) => Math.abs(value - (different[at] as number))))).toBeGreaterThan(1e-3);
});

test("at inference pictures are as they are", async () => {
  const engine = await openEngine("onnx");
  const { weights } = await train(engine, recipe, lesson);
  const asked = { weights, inputShape: shape, features: lesson.features };
  const answers = await query(engine, { ...asked, layers });
  expect([...answers]).toEqual([...(await query(engine, { ...asked, layers: layers.slice(1) }))]);
});

test("names of weights stay, and so do shapes", () => {
  expect(place(layers, shape).map(({ name, outputShape }) => [name, outputShape])).toEqual([
    ["augment1", shape],
    ["flatten1", [20]],
    ["dense1", [2]],
  ]);
});

const image = { kind: "image", shape, low: 0, high: 1 } as const;

test.each([
  [
    "tables",
    aDefended({ input: { kind: "tabular", shape: [4], low: 0, high: 1 } }),
    {},
    "it changes pictures, not tabular records; use another defense",
  ],
  [
    "nothing to do",
    aDefended({ input: image }),
    { shift: 0, mirror: false },
    "neither shifted nor mirrored, nothing changes; set shift or mirror",
  ],
  [
    "shifts out of the picture",
    aDefended({ input: image }),
    { shift: 4 },
    "shift is 4, but pictures have 4 pixels; use less",
  ],
])("refuses %s", (_what, defended, params, message) => {
  expect(() => dataAugmentation.check?.(defended, dataAugmentation.params.parse(params))).toThrow(message);
});
