import { createRng } from "@shadowfarm/core/rng";
import { type Training, trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import type { Built, School } from "../defense.ts";
import type { Lesson } from "../lesson.ts";
import type { Layer, Weights } from "../network.ts";
import type { LearntModel } from "../unit.ts";

interface Given {
  members?: number;
  classes?: number;
  training?: Partial<Training>;
  layers?: Layer[];
  engine?: School["engine"];
}

/** Values of a made-up record. */
export const WIDTH = 6;

/** Noisy records of some classes: what is learnt of them by heart is not true of others. */
export function someRecords(seed: string, count: number, classes = 3): Pick<Lesson, "features" | "labels"> {
  const rng = createRng(seed);
  const labels = Int32Array.from({ length: count }, (_, record) => record % classes);
  const features = Float32Array.from({ length: count * WIDTH }, (_, at) => {
    const own = at % WIDTH === labels[Math.floor(at / WIDTH)];
    return (own ? 0.5 : 0) + rng.normal();
  });
  return { features, labels };
}

/** Members, as many records besides, and a small network that learns them by heart. */
export async function aSchool({
  members = 60,
  classes = 3,
  training = {},
  layers,
  engine,
}: Given = {}): Promise<School> {
  return {
    engine: engine ?? (await openEngine("onnx")),
    recipe: {
      layers: layers ?? [
        { kind: "dense", units: 16, activation: "relu" },
        { kind: "dense", units: classes, activation: "linear" },
      ],
      ...{ inputShape: [WIDTH], classes },
      training: trainingSchema.parse({ epochs: 40, batch: 20, learningRate: 0.02, l2: 0, ...training }),
    },
    lesson: { ...someRecords("members", members, classes), rng: createRng("lesson") },
    reference: someRecords("reference", members, classes),
    random: async (count) => {
      const rng = createRng("random points");
      return Float32Array.from({ length: count * WIDTH }, () => rng.normal());
    },
  };
}

/** The weights of what came of a training, when it is a network. */
export function weightsOf({ model }: Pick<Built, "model">): Weights {
  return (model as Extract<LearntModel, { layers: unknown }>).weights;
}

/** Rows of probabilities, some of them nearly certain. */
export function somePosteriors(rows: number, classes: number, seed = "posteriors"): Float32Array {
  const rng = createRng(seed);
  const all = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const sharpness = 6 * rng.uniform();
    const shares = Array.from({ length: classes }, () => Math.exp(sharpness * rng.normal()));
    const sum = shares.reduce((total, share) => total + share, 0);
    all.set(
      shares.map((share) => share / sum),
      row * classes,
    );
  }
  return all;
}

/** A matrix as a list of its rows. */
export function rowsIn(matrix: Float32Array, classes: number): number[][] {
  return Array.from({ length: matrix.length / classes }, (_, row) => [
    ...matrix.subarray(row * classes, (row + 1) * classes),
  ]);
}
