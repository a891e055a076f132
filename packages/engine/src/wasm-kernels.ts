import type * as tfTypes from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { Tf } from "./tfjs.ts";

type Inputs = Record<string, tfTypes.Tensor>;
type Attributes = Record<string, unknown>;

/** A kernel of the wasm backend; `null` hands the case back to the kernel that it replaces. */
type Kernel = (tf: Tf, inputs: Inputs, attributes: Attributes, backend: BackendWasm) => tfTypes.TensorInfo | null;

/**
 * Registers what TF.js's WebAssembly backend lacks for training, and replaces what is too slow in it (measured on the
 * small CNN, batch 100):
 *
 * - `Conv2DBackpropFilter` is missing;
 * - `Conv2DBackpropInput` is a plain loop: 370 ms, as a convolution 60 ms;
 * - `MaxPoolGrad` clears and searches in scattered order: 130 ms against about 40 ms;
 * - `BatchMatMul` leaves its fast path when an operand is transposed, as in every gradient: 11 ms against 0.9 ms;
 * - `GatherV2` computes an address per element, where a batch of rows is one copy a row: 5 ms against 0.05 ms.
 */
export function registerWasmKernels(tf: Tf): void {
  const kernels: Record<string, Kernel> = {
    Conv2DBackpropFilter: filterGradient,
    Conv2DBackpropInput: inputGradient,
    MaxPoolGrad: maxPoolGradient,
    BatchMatMul: transposedMatMul,
    GatherV2: gatherRows,
  };
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    // Typed as always there, but undefined for a kernel that is missing.
    const original = tf.getKernel(kernelName, "wasm") as tfTypes.KernelConfig | undefined;
    if (original !== undefined) tf.unregisterKernel(kernelName, "wasm");
    tf.registerKernel({
      ...(original ?? { kernelName, backendName: "wasm" }),
      kernelFunc: (call) => {
        const own = kernel(tf, call.inputs as Inputs, call.attrs as Attributes, call.backend as BackendWasm);
        if (own !== null) return own;
        if (original === undefined) throw new Error(`${kernelName} does not support ${JSON.stringify(call.attrs)}`);
        return original.kernelFunc(call);
      },
    });
  }
}

type Shape4 = [number, number, number, number];

/**
 * The gradient for a convolution's filter is itself a convolution: channels act as the batch, the batch as channels, and
 * dy as the filter; stride and dilation change places.
 */
function filterGradient(tf: Tf, inputs: Inputs, attributes: Attributes): tfTypes.TensorInfo {
  const { x, dy } = inputs as { x: tfTypes.Tensor4D; dy: tfTypes.Tensor4D };
  const filterShape = attributes.filterShape as Shape4;
  const { padInfo, strideHeight, strideWidth } = convolution(tf, x.shape, filterShape, attributes);
  const [kernelHeight, kernelWidth] = filterShape;
  // What must be added below and to the right so that exactly the filter's size comes out; rows that no window reached
  // (negative) come out as a surplus, which is cut off.
  const bottom = (dy.shape[1] - 1) * strideHeight + kernelHeight - x.shape[1] - padInfo.top;
  const right = (dy.shape[2] - 1) * strideWidth + kernelWidth - x.shape[2] - padInfo.left;
  return tf.tidy(() => {
    const gradient = tf.conv2d(
      tf.transpose(x, [3, 1, 2, 0]),
      tf.transpose(dy, [1, 2, 0, 3]),
      1,
      [
        [0, 0],
        [padInfo.top, Math.max(0, bottom)],
        [padInfo.left, Math.max(0, right)],
        [0, 0],
      ],
      "NHWC",
      [strideHeight, strideWidth],
    );
    const cut = bottom < 0 || right < 0 ? gradient.slice([0, 0, 0, 0], [-1, kernelHeight, kernelWidth, -1]) : gradient;
    return tf.transpose(cut, [1, 2, 0, 3]);
  });
}

/** At stride 1, the gradient for a convolution's input is dy convolved with the filter turned by 180°. */
function inputGradient(tf: Tf, inputs: Inputs, attributes: Attributes): tfTypes.TensorInfo | null {
  const { dy, filter } = inputs as { dy: tfTypes.Tensor4D; filter: tfTypes.Tensor4D };
  const inputShape = attributes.inputShape as Shape4;
  const { padInfo, strideHeight, strideWidth } = convolution(tf, inputShape, filter.shape, attributes);
  const [kernelHeight, kernelWidth] = filter.shape;
  const top = kernelHeight - 1 - padInfo.top;
  const left = kernelWidth - 1 - padInfo.left;
  if (strideHeight !== 1 || strideWidth !== 1 || top < 0 || left < 0) return null;
  return tf.tidy(() =>
    tf.conv2d(dy, tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]), 1, [
      [0, 0],
      [top, inputShape[1] - dy.shape[1] + padInfo.top],
      [left, inputShape[2] - dy.shape[2] + padInfo.left],
      [0, 0],
    ]),
  );
}

function convolution(tf: Tf, inputShape: Shape4, filterShape: Shape4, attributes: Attributes) {
  const { strides, pad, dimRoundingMode } = attributes as Pick<
    tfTypes.Conv2DAttrs,
    "strides" | "pad" | "dimRoundingMode"
  >;
  return tf.backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad, dimRoundingMode);
}

/** Gives each dy to the first of the largest elements in its window, as TF.js's `cpu` backend does. */
function maxPoolGradient(tf: Tf, inputs: Inputs, attributes: Attributes, backend: BackendWasm): tfTypes.TensorInfo {
  const { dy, input } = inputs as { dy: tfTypes.Tensor4D; input: tfTypes.Tensor4D };
  const { filterSize, strides, pad, dimRoundingMode } = attributes as unknown as tfTypes.MaxPoolGradAttrs;
  const pool = tf.backend_util.computePool2DInfo(input.shape, filterSize, strides, 1, pad, dimRoundingMode);
  const { inHeight, inWidth, outHeight, outWidth, inChannels, padInfo } = pool;
  const dx = backend.makeOutput(input.shape, "float32");
  // Views of the heap are taken after the last allocation, which may move it.
  const values = backend.typedArrayFromHeap(input);
  const gradients = backend.typedArrayFromHeap(dy);
  const out = backend.typedArrayFromHeap(dx).fill(0);
  let from = 0;
  for (let image = 0; image < pool.batchSize; image++) {
    for (let row = 0; row < outHeight; row++) {
      const top = row * pool.strideHeight - padInfo.top;
      const bottom = Math.min(inHeight, top + pool.filterHeight);
      for (let column = 0; column < outWidth; column++) {
        const left = column * pool.strideWidth - padInfo.left;
        const right = Math.min(inWidth, left + pool.filterWidth);
        for (let channel = 0; channel < inChannels; channel++) {
          let best = -1;
          let largest = Number.NEGATIVE_INFINITY;
          for (let y = Math.max(0, top); y < bottom; y++) {
            for (let x = Math.max(0, left); x < right; x++) {
              const at = ((image * inHeight + y) * inWidth + x) * inChannels + channel;
              if ((values[at] as number) > largest) {
                largest = values[at] as number;
                best = at;
              }
            }
          }
          if (best >= 0) out[best] = (out[best] as number) + (gradients[from] as number);
          from++;
        }
      }
    }
  }
  return dx;
}

/** Transposes first, and then multiplies on the fast path. */
function transposedMatMul(tf: Tf, inputs: Inputs, attributes: Attributes): tfTypes.TensorInfo | null {
  const { a, b } = inputs as { a: tfTypes.Tensor; b: tfTypes.Tensor };
  const { transposeA, transposeB } = attributes;
  if (transposeA !== true && transposeB !== true) return null;
  const flip = (matrix: tfTypes.Tensor): tfTypes.Tensor => {
    const axes = matrix.shape.map((_, axis) => axis);
    return tf.transpose(matrix, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
  };
  return tf.tidy(() => tf.matMul(transposeA === true ? flip(a) : a, transposeB === true ? flip(b) : b));
}

/** Gathers along the first axis by copying whole rows. */
function gatherRows(_tf: Tf, inputs: Inputs, attributes: Attributes, backend: BackendWasm): tfTypes.TensorInfo | null {
  const { x, indices } = inputs as { x: tfTypes.Tensor; indices: tfTypes.Tensor };
  const plain = attributes.axis === 0 && (attributes.batchDims ?? 0) === 0 && indices.rank === 1;
  if (!plain || x.dtype !== "float32") return null;
  const rowShape = x.shape.slice(1);
  const width = rowShape.reduce((product, size) => product * size, 1);
  const gathered = backend.makeOutput([indices.size, ...rowShape], "float32");
  const values = backend.typedArrayFromHeap(x) as Float32Array;
  const out = backend.typedArrayFromHeap(gathered) as Float32Array;
  backend.typedArrayFromHeap(indices).forEach((row, at) => {
    out.set(values.subarray(row * width, (row + 1) * width), at * width);
  });
  return gathered;
}
