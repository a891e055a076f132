import { z } from "zod";
import { type Layer, shapesAfter } from "../network.ts";
import { defineNetwork } from "../unit.ts";

/** Channels of the convolutions between one pool and the next, by depth. */
const channelsOf: Readonly<Record<number, readonly (readonly number[])[]>> = {
  3: [[64], [64], [128], [512]],
  4: [[64], [128], [128], [512]],
  5: [[64], [128], [256], [512]],
  6: [[64], [128], [512], [512]],
  7: [[64], [256], [512], [512]],
  8: [[64], [128, 256], [512], [512]],
  9: [[64, 64], [128, 256], [512], [512]],
  10: [[64, 128], [128, 256], [512], [512]],
  11: [[64, 128], [256, 256], [512], [512]],
};

/**
 * Convolutions with batch normalization under four max-pools, an average pool and one hidden dense layer. Li and Zhang 2021;
 * CNN3 … CNN11 are those of their published code, where the depth is a name rather than a count. Their convolutions have
 * biases too, which a batch-norm takes away again.
 */
export const cnn7 = defineNetwork({
  name: "cnn7",
  title: "Convolutional network with batch normalization",
  paper: "Li and Zhang 2021, published code",
  version: 1,
  params: z.strictObject({
    depth: z.int().min(3).max(11).default(7).describe("which of CNN3 … CNN11"),
    width: z
      .number()
      .positive()
      .max(4)
      .default(1)
      .describe("factor of all channels and hidden units; 0.125 trains fast"),
    dropout: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe("share dropped before the hidden dense layer; 0.6 in the paper"),
  }),
  accepts: ["image"],
  layers({ shape }, classes, { depth, width, dropout }) {
    const wide = (units: number) => Math.max(1, Math.round(units * width));
    const convolutions = (channelsOf[depth] as readonly number[][]).flatMap((stage): Layer[] => [
      ...stage.flatMap((channels): Layer[] => [
        { kind: "conv", filters: wide(channels), size: 3, padding: "same", bias: false, activation: "linear" },
        { kind: "batch-norm", activation: "relu" },
      ]),
      { kind: "max-pool", size: 2 },
    ]);
    const [rows = 1, columns = 1] = shapesAfter(convolutions, shape).at(-1) ?? [];
    return [
      ...convolutions,
      { kind: "avg-pool", size: windowOf(rows, columns) },
      { kind: "flatten" },
      ...(dropout > 0 ? [{ kind: "dropout", rate: dropout } as const] : []),
      { kind: "dense", units: wide(256), activation: "relu" },
      { kind: "dense", units: classes, activation: "linear" },
    ];
  },
});

/** The least window that fits once: as published, 2 for CIFAR, 3 for the 64×64 of GTSRB and 5 for the 128×128 of faces. */
function windowOf(rows: number, columns: number): number {
  return Math.min(Math.floor(Math.max(rows, columns) / 2) + 1, rows, columns);
}
