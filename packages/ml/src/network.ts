import { InvalidInput } from "@shadowfarm/core/errors";
import type { Rng } from "@shadowfarm/core/rng";
import { sizeOf } from "@shadowfarm/engine/arrays";
import type { ArrayValue, StepContext, Tensors } from "@shadowfarm/engine/engine";
import { convolution, dense, type Probe } from "@shadowfarm/engine/per-example";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { augmented } from "./augment.ts";
import { momentsOf, moved, normalized, normalizedByBatch } from "./batch-norm.ts";
import { type Activation, type Layer, type Placed, place, simpleLayers, waysThrough } from "./layers.ts";

export type { Activation, Layer } from "./layers.ts";

/**
 * A network's weights by name: `dense1/kernel` (inputs × units), `dense1/bias`, `conv1/kernel` (height × width × channels
 * × filters), … numbered from the input, layers without weights not counted: a defense that adds dropout renames nothing.
 * In a block the numbers begin anew: `residual1/conv1/kernel`. A batch-norm has `scale` and `offset`, and its moving
 * statistics, which are kept with the weights and not trained.
 */
export type Weights = Readonly<Record<string, ArrayValue>>;

/**
 * Training draws its dropout masks from `uniform`; at inference dropout does nothing. Several models run as one have a
 * first axis that counts them, in the batch, in the weights and in what `uniform` draws; only dense networks can.
 *
 * In training a batch-norm goes by the batch; the moving statistics after it are put into `statistics`, where that is given,
 * under their names. At inference it goes by the moving ones.
 *
 * A `probe` is for gradients record by record, of one model; a batch-norm has none.
 */
export type Pass =
  | ({ training: true; models?: number; statistics?: Tensors; probe?: Probe } & Pick<StepContext, "uniform">)
  | { training: false };

/** Slope of `leaky-relu` below zero. */
export const LEAK = 0.1;

/**
 * The shape of one record after each layer.
 *
 * @throws {InvalidInput} when a layer cannot take what the one before it gives.
 */
export function shapesAfter(layers: readonly Layer[], inputShape: readonly number[]): (readonly number[])[] {
  return place(layers, inputShape).map(({ outputShape }) => outputShape);
}

/**
 * Multiply-accumulates (MACs) of a forward pass over one record, of the layers with kernels: the rest is little beside them.
 *
 * @throws {InvalidInput} as `shapesAfter` does.
 */
export function macsOf(layers: readonly Layer[], inputShape: readonly number[]): number {
  return simpleLayers(place(layers, inputShape)).reduce((sum, { layer, inputShape: input, outputShape }) => {
    if (layer.kind === "dense") return sum + sizeOf(input) * layer.units;
    if (layer.kind === "conv") return sum + sizeOf(outputShape) * layer.size ** 2 * (input[2] as number);
    return sum;
  }, 0);
}

/**
 * Fresh weights: kernels Glorot-uniform (Glorot and Bengio 2010, eq. 16), biases zero, batch-norms without effect. Each
 * kernel has a random stream of its own, so that two networks which share a layer's name and shape share its first weights.
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
  return Object.fromEntries(
    simpleLayers(placed).flatMap((at) =>
      Object.entries(firstWeights(at, rng)).map(([part, array]) => [`${at.name}/${part}`, array]),
    ),
  );
}

/** Whether a weight is a moving statistic, which training carries along: no gradient, penalty or decay is its business. */
export function isStatistic(name: string): boolean {
  return name.endsWith("/moving-mean") || name.endsWith("/moving-variance");
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
  const recordShape = x.shape.slice(modelsOf(pass) === null ? 1 : 2);
  return through(place(layers, recordShape), weights, x, pass);
}

function firstWeights({ layer, name, inputShape }: Placed, rng: Rng): Record<string, ArrayValue> {
  switch (layer.kind) {
    case "dense":
      return {
        kernel: glorotUniform([...inputShape, layer.units], rng.child(name)),
        bias: filled(layer.units, 0),
      };
    case "conv": {
      const { size, filters, bias = true } = layer;
      return {
        kernel: glorotUniform([size, size, inputShape[2] as number, filters], rng.child(name)),
        ...(bias && { bias: filled(filters, 0) }),
      };
    }
    case "batch-norm": {
      const channels = inputShape.at(-1) as number;
      return {
        scale: filled(channels, 1),
        offset: filled(channels, 0),
        "moving-mean": filled(channels, 0),
        "moving-variance": filled(channels, 1),
      };
    }
    case "max-pool":
    case "avg-pool":
    case "global-avg-pool":
    case "residual":
    case "flatten":
    case "dropout":
    case "augment":
      return {};
  }
}

/** @param shape inputs before outputs */
function glorotUniform(shape: readonly number[], rng: Rng): ArrayValue {
  const [inputs, outputs] = shape.slice(-2) as [number, number];
  const window = sizeOf(shape.slice(0, -2));
  const limit = Math.sqrt(6 / (window * (inputs + outputs)));
  const data = new Float32Array(window * inputs * outputs);
  for (let at = 0; at < data.length; at++) data[at] = (2 * rng.uniform() - 1) * limit;
  return { shape, data };
}

function filled(size: number, value: number): ArrayValue {
  return { shape: [size], data: new Float32Array(size).fill(value) };
}

function through(
  placed: readonly Placed[],
  weights: Readonly<Record<string, tfTypes.Tensor>>,
  x: tfTypes.Tensor,
  pass: Pass,
): tfTypes.Tensor {
  return placed.reduce((value, at) => apply(at, weights, value, pass), x);
}

function apply(
  at: Placed,
  weights: Readonly<Record<string, tfTypes.Tensor>>,
  x: tfTypes.Tensor,
  pass: Pass,
): tfTypes.Tensor {
  const tf = tfjs();
  const { layer, name } = at;
  const weight = (part: string): tfTypes.Tensor => weights[`${name}/${part}`] as tfTypes.Tensor;
  switch (layer.kind) {
    case "dense":
      return activate(dense(x, weight("kernel"), weight("bias"), probeOf(pass)), layer.activation);
    case "conv": {
      const bias = (layer.bias ?? true) ? weight("bias") : null;
      return activate(convolution(x, weight("kernel"), bias, layer, probeOf(pass)), layer.activation);
    }
    case "batch-norm": {
      const [scale, offset] = [weight("scale"), weight("offset")];
      const moving = { mean: weight("moving-mean"), variance: weight("moving-variance") };
      if (!pass.training) return activate(normalized(x, moving, scale, offset), layer.activation);
      const moments = momentsOf(x);
      if (pass.statistics) {
        const next = moved(moving, moments, x.size / scale.size);
        pass.statistics[`${name}/moving-mean`] = next.mean;
        pass.statistics[`${name}/moving-variance`] = next.variance;
      }
      return activate(normalizedByBatch(x, moments, scale, offset), layer.activation);
    }
    case "max-pool":
      return tf.maxPool(x as tfTypes.Tensor4D, layer.size, layer.size, "valid");
    case "avg-pool":
      return tf.avgPool(x as tfTypes.Tensor4D, layer.size, layer.size, "valid");
    case "global-avg-pool":
      return tf.mean(x, [1, 2]);
    case "residual": {
      const { branch, around } = waysThrough(layer, at);
      return tf.add(through(branch, weights, x, pass), through(around, weights, x, pass));
    }
    case "flatten":
      return tf.reshape(x, [...x.shape.slice(0, modelsOf(pass) === null ? 1 : 2), -1]);
    case "augment":
      return pass.training ? augmented(x, layer, pass.uniform) : x;
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

function probeOf(pass: Pass): Probe | null {
  return pass.training ? (pass.probe ?? null) : null;
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
    case "leaky-relu":
      return tfjs().leakyRelu(x, LEAK);
    case "tanh":
      return tfjs().tanh(x);
  }
}
