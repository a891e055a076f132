import { z } from "zod";
import type { Layer } from "../network.ts";
import { defineNetwork } from "../unit.ts";

/**
 * Three stages of residual blocks that normalize and activate before they convolve. Zagoruyko and Komodakis 2016; leaky ReLU
 * as in Song et al. 2019, §3 (WRN-34-10, and WRN-10-1 for provable training). Where channels or size change, input and
 * shortcut share the activation, and the shortcut is a projection; Song et al.'s TensorFlow code pools and pads it instead.
 */
export const wideResnet = defineNetwork({
  name: "wide-resnet",
  title: "Wide residual network",
  paper: "Zagoruyko and Komodakis 2016",
  version: 1,
  params: z.strictObject({
    depth: z
      .literal([10, 16, 22, 28, 34, 40])
      .default(10)
      .describe("convolutions in a row, and the dense layer: 6n + 4"),
    width: z.int().min(1).max(10).default(1).describe("factor of the channels 16, 32 and 64 of the stages"),
  }),
  accepts: ["image"],
  layers(_input, classes, { depth, width }) {
    const blocks = (depth - 4) / 6;
    let channels = 16;
    const stages = [16, 32, 64].flatMap((base, stage) =>
      Array.from({ length: blocks }, (_, block) => {
        const from = channels;
        channels = base * width;
        return residual(from, channels, stage > 0 && block === 0 ? 2 : 1);
      }).flat(),
    );
    return [
      convolution(16, 3, 1),
      ...stages,
      normalization,
      { kind: "global-avg-pool" },
      { kind: "dense", units: classes, activation: "linear" },
    ];
  },
});

const normalization: Layer = { kind: "batch-norm", activation: "leaky-relu" };

function convolution(filters: number, size: number, stride: number): Layer {
  return { kind: "conv", filters, size, stride, padding: "same", bias: false, activation: "linear" };
}

function residual(from: number, to: number, stride: number): Layer[] {
  const layers = [convolution(to, 3, stride), normalization, convolution(to, 3, 1)];
  return from === to && stride === 1
    ? [{ kind: "residual", layers: [normalization, ...layers], shortcut: [] }]
    : [normalization, { kind: "residual", layers, shortcut: [convolution(to, 1, stride)] }];
}
