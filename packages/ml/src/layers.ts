import { InvalidInput } from "@shadowfarm/core/errors";
import { isShape, sizeOf } from "@shadowfarm/engine/arrays";

/** `leaky-relu` has slope 0.1 below zero. */
export type Activation = "linear" | "relu" | "leaky-relu" | "tanh";

/**
 * A layer of a feed-forward network, as plain JSON; the last dense layer's outputs are logits. Images are height × width ×
 * channels, and must be flattened or averaged before a dense layer.
 */
export type Layer =
  | { kind: "dense"; units: number; activation: Activation }
  | {
      kind: "conv";
      filters: number;
      size: number;
      /** Default 1. With `same`, n pixels become ⌈n / stride⌉. */
      stride?: number;
      padding: "same" | "valid";
      /** Default true. Of no use where a batch-norm follows, which takes the mean away again. */
      bias?: boolean;
      activation: Activation;
    }
  /** Normalizes every channel, or every unit of a flat input, then scales and shifts it; see batch-norm.ts. */
  | { kind: "batch-norm"; activation: Activation }
  /** Pools do not overlap, and leave out what does not fill a window. */
  | { kind: "max-pool"; size: number }
  | { kind: "avg-pool"; size: number }
  /** The mean of every channel: images become flat. */
  | { kind: "global-avg-pool" }
  /**
   * What `layers` make of the input plus what `shortcut` makes of it, which is the input itself when that has no layers.
   * Where shapes differ, the shortcut is as a rule a convolution of size 1 with a stride.
   */
  | { kind: "residual"; layers: readonly Layer[]; shortcut: readonly Layer[] }
  | { kind: "flatten" }
  | { kind: "dropout"; rate: number }
  /** In training alone, each picture shifted by up to so many pixels, and mirrored or not, at random. */
  | { kind: "augment"; shift: number; mirror: boolean };

/** A layer in its place. Shapes are those of one record, without the record axis. */
export interface Placed {
  layer: Layer;
  /** Prefix of the layer's weights: `dense1` say, or `residual1/conv1`. */
  name: string;
  inputShape: readonly number[];
  outputShape: readonly number[];
}

type Residual = Extract<Layer, { kind: "residual" }>;

/**
 * The layers with their names, numbered by kind from the input, and their shapes.
 *
 * @param inside name of the block that they are in
 * @throws {InvalidInput} when a layer cannot take what the one before it gives.
 */
export function place(layers: readonly Layer[], inputShape: readonly number[], inside = ""): Placed[] {
  const counts: Partial<Record<Layer["kind"], number>> = {};
  let shape = inputShape;
  return layers.map((layer, position) => {
    const count = (counts[layer.kind] ?? 0) + 1;
    counts[layer.kind] = count;
    const name = `${inside === "" ? "" : `${inside}/`}${layer.kind}${count}`;
    const placed = { layer, name, inputShape: shape, outputShape: shapeAfter(layer, name, shape) };
    if (placed.outputShape.some((size) => size < 1)) {
      const where = `layer ${position + 1}${inside === "" ? "" : ` of ${inside}`}`;
      throw new InvalidInput(
        `${where} (${layer.kind} of size ${"size" in layer ? layer.size : 0}) is larger than its input of shape [${shape}]; choose a smaller size, larger images or another model`,
      );
    }
    shape = placed.outputShape;
    return placed;
  });
}

/** The two ways through a residual block. */
export function waysThrough(
  { layers, shortcut }: Residual,
  { name, inputShape }: Pick<Placed, "name" | "inputShape">,
): { branch: Placed[]; around: Placed[] } {
  return { branch: place(layers, inputShape, name), around: place(shortcut, inputShape, `${name}/shortcut`) };
}

/** All layers that are not made of others. */
export function simpleLayers(placed: readonly Placed[]): Placed[] {
  return placed.flatMap((at) => {
    if (at.layer.kind !== "residual") return [at];
    const { branch, around } = waysThrough(at.layer, at);
    return simpleLayers([...branch, ...around]);
  });
}

function shapeAfter(layer: Layer, name: string, shape: readonly number[]): readonly number[] {
  switch (layer.kind) {
    case "dense":
      if (shape.length !== 1) {
        throw new InvalidInput(`a dense layer needs a flat input, not shape [${shape}]; put a flatten layer before it`);
      }
      return [layer.units];
    case "conv": {
      const [height, width] = imageShape(layer, shape);
      const lost = layer.padding === "same" ? 0 : layer.size - 1;
      const extent = (size: number) => Math.ceil((size - lost) / (layer.stride ?? 1));
      return [extent(height), extent(width), layer.filters];
    }
    case "max-pool":
    case "avg-pool": {
      const [height, width, channels] = imageShape(layer, shape);
      return [Math.floor(height / layer.size), Math.floor(width / layer.size), channels];
    }
    case "global-avg-pool":
      return [imageShape(layer, shape)[2]];
    case "residual":
      return shapeAfterBoth(layer, name, shape);
    case "flatten":
      return [sizeOf(shape)];
    case "batch-norm":
      return shape;
    case "augment":
      imageShape(layer, shape);
      return shape;
    case "dropout":
      if (!(layer.rate >= 0 && layer.rate < 1)) throw new InvalidInput(`dropout rate ${layer.rate} is not in [0, 1)`);
      return shape;
  }
}

function imageShape({ kind }: Layer, shape: readonly number[]): readonly [number, number, number] {
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height === undefined || width === undefined || channels === undefined) {
    throw new InvalidInput(`a ${kind} layer needs height × width × channels, not shape [${shape}]`);
  }
  return [height, width, channels];
}

function shapeAfterBoth(block: Residual, name: string, inputShape: readonly number[]): readonly number[] {
  const { branch, around } = waysThrough(block, { name, inputShape });
  const [made, taken] = [branch, around].map((way) => way.at(-1)?.outputShape ?? inputShape) as [number[], number[]];
  if (!isShape(made, taken)) {
    throw new InvalidInput(
      `the layers of ${name} make shape [${made}] of [${inputShape}], but its shortcut [${taken}]; put a convolution of size 1 there`,
    );
  }
  return made;
}
