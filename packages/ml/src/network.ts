import { InvalidInput } from "@shadowfarm/core/errors";
import type { Rng } from "@shadowfarm/core/rng";
import { sizeOf } from "@shadowfarm/engine/arrays";
import type { ArrayValue, StepContext } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";

export type Activation = "linear" | "relu" | "tanh";

/**
 * A layer of a feed-forward network; the last dense layer's outputs are logits. Images are height × width × channels,
 * and must be flattened before a dense layer; convolutions have stride 1, and pools do not overlap.
 */
export type Layer =
  | { kind: "dense"; units: number; activation: Activation }
  | { kind: "conv"; filters: number; size: number; padding: "same" | "valid"; activation: Activation }
  | { kind: "max-pool"; size: number }
  | { kind: "flatten" }
  | { kind: "dropout"; rate: number };

/**
 * A network's weights by name: `dense1/kernel` (inputs × units), `dense1/bias`, `conv1/kernel` (height × width × channels
 * × filters), … numbered from the input, layers without weights not counted: a defense that adds dropout renames nothing.
 */
export type Weights = Readonly<Record<string, ArrayValue>>;

/**
 * Training draws its dropout masks from `uniform`; at inference dropout does nothing. Several models run as one have a
 * first axis that counts them, in the batch, in the weights and in what `uniform` draws; only dense networks can.
 */
export type Pass = ({ training: true; models?: number } & Pick<StepContext, "uniform">) | { training: false };

/** A layer in its place. `shape` is that of one record, without the record axis. */
interface Placed {
  layer: Layer;
  /** Prefix of the layer's weights, `dense1` say. */
  name: string;
  inputShape: readonly number[];
  outputShape: readonly number[];
}

/**
 * The shape of one record after each layer.
 *
 * @throws {InvalidInput} when a layer cannot take what the one before it gives.
 */
export function shapesAfter(layers: readonly Layer[], inputShape: readonly number[]): (readonly number[])[] {
  return place(layers, inputShape).map(({ outputShape }) => outputShape);
}

/**
 * Fresh weights: kernels Glorot-uniform (Glorot and Bengio 2010, eq. 16), biases zero. Each kernel has a random stream of
 * its own, so that two networks which share a layer's name and shape share its first weights.
 *
 * @throws {InvalidInput} when the layers do not fit each other, or do not end in one logit a class.
 */
export function initialize(
  layers: readonly Layer[],
  inputShape: readonly number[],
  classes: number,
  rng: Rng,
): Record<string, ArrayValue> {
  const placed = place(layers, inputShape);
  const outputs = placed.at(-1)?.outputShape ?? inputShape;
  if (outputs.length !== 1 || outputs[0] !== classes) {
    throw new InvalidInput(
      `the network ends in outputs of shape [${outputs}], but ${classes} classes need [${classes}]`,
    );
  }
  const weights: Record<string, ArrayValue> = {};
  for (const at of placed) {
    const shape = kernelShape(at);
    if (shape === null) continue;
    const units = shape.at(-1) as number;
    weights[`${at.name}/kernel`] = glorotUniform(shape, rng.child(at.name));
    weights[`${at.name}/bias`] = { shape: [units], data: new Float32Array(units) };
  }
  return weights;
}

/** Whether several models of these layers can be trained as one. */
export function canPack(layers: readonly Layer[]): boolean {
  return layers.every(({ kind }) => kind === "dense" || kind === "dropout" || kind === "flatten");
}

/** Logits, records × classes, of a batch `x` with the record axis first, in differentiable TF.js operations. */
export function forward(
  layers: readonly Layer[],
  weights: Readonly<Record<string, tfTypes.Tensor>>,
  x: tfTypes.Tensor,
  pass: Pass,
): tfTypes.Tensor {
  let value = x;
  const recordShape = x.shape.slice(modelsOf(pass) === null ? 1 : 2);
  for (const at of place(layers, recordShape)) value = apply(at, weights, value, pass);
  return value;
}

function place(layers: readonly Layer[], inputShape: readonly number[]): Placed[] {
  const counts: Partial<Record<Layer["kind"], number>> = {};
  let shape = inputShape;
  return layers.map((layer, position) => {
    const count = (counts[layer.kind] ?? 0) + 1;
    counts[layer.kind] = count;
    const placed = { layer, name: `${layer.kind}${count}`, inputShape: shape, outputShape: shapeAfter(layer, shape) };
    if (placed.outputShape.some((size) => size < 1)) {
      throw new InvalidInput(
        `layer ${position + 1} (${layer.kind} of size ${"size" in layer ? layer.size : 0}) is larger than its input of shape [${shape}]; choose a smaller size`,
      );
    }
    shape = placed.outputShape;
    return placed;
  });
}

function shapeAfter(layer: Layer, shape: readonly number[]): readonly number[] {
  switch (layer.kind) {
    case "dense":
      if (shape.length !== 1) {
        throw new InvalidInput(`a dense layer needs a flat input, not shape [${shape}]; put a flatten layer before it`);
      }
      return [layer.units];
    case "conv": {
      const [height, width] = imageShape(layer, shape);
      const lost = layer.padding === "same" ? 0 : layer.size - 1;
      return [height - lost, width - lost, layer.filters];
    }
    case "max-pool": {
      const [height, width, channels] = imageShape(layer, shape);
      return [Math.floor(height / layer.size), Math.floor(width / layer.size), channels];
    }
    case "flatten":
      return [sizeOf(shape)];
    case "dropout":
      if (!(layer.rate >= 0 && layer.rate < 1)) throw new InvalidInput(`dropout rate ${layer.rate} is not in [0, 1)`);
      return shape;
  }
}

function imageShape(layer: Layer, shape: readonly number[]): readonly [number, number, number] {
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height === undefined || width === undefined || channels === undefined) {
    throw new InvalidInput(`a ${layer.kind} layer needs height × width × channels, not shape [${shape}]`);
  }
  return [height, width, channels];
}

/** The kernel's shape, inputs before outputs; null for a layer without weights. */
function kernelShape({ layer, inputShape }: Placed): readonly number[] | null {
  switch (layer.kind) {
    case "dense":
      return [...inputShape, layer.units];
    case "conv":
      return [layer.size, layer.size, inputShape[2] as number, layer.filters];
    case "max-pool":
    case "flatten":
    case "dropout":
      return null;
  }
}

function glorotUniform(shape: readonly number[], rng: Rng): ArrayValue {
  const [inputs, outputs] = shape.slice(-2) as [number, number];
  const window = sizeOf(shape.slice(0, -2));
  const limit = Math.sqrt(6 / (window * (inputs + outputs)));
  const data = new Float32Array(window * inputs * outputs);
  for (let at = 0; at < data.length; at++) data[at] = (2 * rng.uniform() - 1) * limit;
  return { shape, data };
}

function apply(
  { layer, name }: Placed,
  weights: Readonly<Record<string, tfTypes.Tensor>>,
  x: tfTypes.Tensor,
  pass: Pass,
): tfTypes.Tensor {
  const tf = tfjs();
  const weight = (part: "kernel" | "bias"): tfTypes.Tensor => weights[`${name}/${part}`] as tfTypes.Tensor;
  switch (layer.kind) {
    case "dense":
      return activate(tf.add(tf.matMul(x, weight("kernel")), weight("bias")), layer.activation);
    case "conv": {
      const convolved = tf.conv2d(x as tfTypes.Tensor4D, weight("kernel") as tfTypes.Tensor4D, 1, layer.padding);
      return activate(tf.add(convolved, weight("bias")), layer.activation);
    }
    case "max-pool":
      return tf.maxPool(x as tfTypes.Tensor4D, layer.size, layer.size, "valid");
    case "flatten":
      return tf.reshape(x, [...x.shape.slice(0, modelsOf(pass) === null ? 1 : 2), -1]);
    case "dropout": {
      if (!pass.training || layer.rate === 0) return x;
      // Inverted: what is kept is scaled up now, so that inference needs no scaling (Srivastava et al. 2014, §10).
      const kept = tf.cast(
        tf.greaterEqual(pass.uniform(modelsOf(pass) === null ? x.shape : x.shape.slice(1)), layer.rate),
        "float32",
      );
      return tf.mul(x, tf.mul(kept, 1 / (1 - layer.rate)));
    }
  }
}

function modelsOf(pass: Pass): number | null {
  return pass.training ? (pass.models ?? null) : null;
}

function activate(x: tfTypes.Tensor, activation: Activation): tfTypes.Tensor {
  switch (activation) {
    case "linear":
      return x;
    case "relu":
      return tfjs().relu(x);
    case "tanh":
      return tfjs().tanh(x);
  }
}
