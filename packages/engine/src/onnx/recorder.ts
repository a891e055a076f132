import type * as tf from "@tensorflow/tfjs";
import { UnsupportedKernel, UntraceableProgram } from "../errors.ts";
import { type Tf, tfjs } from "../tfjs.ts";
import type { Graph } from "./graph.ts";
import { kernels } from "./kernels/index.ts";
import { plain } from "./layout.ts";
import { elementTypeOf, made, uniformValue, type Value } from "./value.ts";

const BACKEND = "shadowfarm-recorder";

/** What a recorded tensor stands for: a value of the graph, or numbers that were there before. */
interface Entry {
  value?: Value;
  /** Numbers made outside of a trace; they become a constant of the graph that uses them. */
  numbers?: { values: tf.TypedArray; shape: readonly number[]; dtype: tf.DataType };
  references: number;
}

interface Recorder {
  /** Runs `body` with TF.js recording into `graph`. */
  record<T>(graph: Graph, body: () => T): T;
  /** A tensor that stands for a value of the graph being recorded. */
  tensor(value: Value): tf.Tensor;
  /** The value that a tensor stands for. */
  value(tensor: tf.TensorInfo): Value;
}

let recorder: Recorder | undefined;

/**
 * Runs `body` under a TF.js backend that computes nothing and writes down every kernel as ONNX nodes. TF.js's own
 * gradients therefore work as they are. Not re-entrant, synchronous, and leaves no tensor behind.
 *
 * @throws {UnsupportedKernel} for a kernel without an ONNX expression.
 * @throws {UntraceableProgram} when `body` reads a tensor's numbers or makes random ones.
 */
export function record<T>(
  graph: Graph,
  body: (tools: { tensor(value: Value): tf.Tensor; name(tensor: tf.Tensor): string }) => T,
): T {
  recorder ??= startRecorder(tfjs());
  const { tensor, value } = recorder;
  return recorder.record(graph, () => body({ tensor, name: (of) => plain(graph, value(of)) }));
}

function startRecorder(tf: Tf): Recorder {
  let graph: Graph | null = null;
  /** What the trace did that a promise would tell only after it. */
  let refused: UntraceableProgram | undefined;

  const recording = (): Graph => {
    if (graph === null) throw new UntraceableProgram("a compiled program's tensor was used after its trace ended");
    return graph;
  };

  /** Only the numbers of tensors from before the trace are known; and during one they must not decide anything. */
  class Backend extends tf.KernelBackend {
    private readonly entries = new tf.DataStorage<Entry>(this, tf.engine());

    put(value: Value): tf.DataId {
      const dataId = {};
      this.entries.set(dataId, { value, references: 1 });
      return dataId;
    }

    valueAt({ dataId, shape, dtype }: tf.TensorInfo): Value {
      const entry = this.entries.get(dataId);
      if (entry.value) return entry.value;
      const { values } = entry.numbers as NonNullable<Entry["numbers"]>;
      return constantValue(recording(), values, shape, dtype);
    }

    override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
      const numbers = numbersOf(values, dtype);
      if (graph !== null && (isRandom(tf) || (dtype === "float32" && !isUniform(numbers)))) {
        throw new UntraceableProgram(
          `the traced function makes up ${numbers.length} numbers, which every step would use again; draw random numbers with the context's uniform(), and make constants before`,
        );
      }
      const dataId = {};
      this.entries.set(dataId, { numbers: { values: numbers, shape, dtype }, references: 1 });
      return dataId;
    }

    override move(
      dataId: tf.DataId,
      values: tf.BackendValues,
      shape: number[],
      dtype: tf.DataType,
      references: number,
    ) {
      this.entries.set(dataId, { numbers: { values: numbersOf(values, dtype), shape, dtype }, references });
    }

    override readSync(dataId: tf.DataId): tf.TypedArray {
      const { numbers } = this.entries.get(dataId);
      if (graph !== null || numbers === undefined) throw readTooEarly();
      return numbers.values;
    }

    override read(dataId: tf.DataId): Promise<tf.TypedArray> {
      if (graph === null) return Promise.resolve().then(() => this.readSync(dataId));
      // The trace is over before a promise is: it fails then, and whoever waits for this waits no more.
      refused = readTooEarly();
      return new Promise(() => {});
    }

    override refCount(dataId: tf.DataId): number {
      return this.entries.has(dataId) ? this.entries.get(dataId).references : 0;
    }

    override incRef(dataId: tf.DataId): void {
      this.entries.get(dataId).references++;
    }

    override disposeData(dataId: tf.DataId, force = false): boolean {
      if (!this.entries.has(dataId)) return true;
      const entry = this.entries.get(dataId);
      entry.references--;
      if (!force && entry.references > 0) return false;
      this.entries.delete(dataId);
      return true;
    }

    override numDataIds(): number {
      return this.entries.numDataIds();
    }

    override memory() {
      return { unreliable: false };
    }

    override floatPrecision(): 32 {
      return 32;
    }

    override epsilon(): number {
      return 1e-7;
    }

    override timerAvailable(): boolean {
      return false;
    }

    override dispose(): void {}
  }

  const backend = new Backend();
  tf.registerBackend(BACKEND, () => backend);
  registerKernels(tf, recording, backend);

  return {
    record(into, body) {
      if (graph !== null) throw new UntraceableProgram("a traced function compiles another one");
      // Typed as always there, but undefined until a backend was chosen.
      const before = (tf.getBackend() as string | undefined) ?? "cpu";
      const random = Math.random;
      graph = into;
      void tf.setBackend(BACKEND);
      Math.random = () => {
        throw new UntraceableProgram(
          "the traced function draws random numbers, which every step would use again; use the context's uniform()",
        );
      };
      try {
        const result = tf.tidy(body as () => void) as ReturnType<typeof body>;
        if (refused !== undefined) throw refused;
        return result;
      } catch (error) {
        dropTape(tf);
        throw error;
      } finally {
        refused = undefined;
        Math.random = random;
        void tf.setBackend(before);
        graph = null;
      }
    },
    tensor(value) {
      const info = { dataId: backend.put(value), shape: [...value.shape], dtype: value.dtype };
      return tf.engine().makeTensorFromTensorInfo(info, backend);
    },
    value: (tensor) => backend.valueAt(tensor),
  };
}

function readTooEarly(): UntraceableProgram {
  return new UntraceableProgram(
    "the traced function reads a tensor's numbers (dataSync, arraySync, data); they exist only when the program runs: choose with tf.where, or take them out as an output",
  );
}

/** Whether TF.js is inside of an operation that draws random numbers; with a seed, it does not use Math.random. */
function isRandom(tf: Tf): boolean {
  return tf.engine().state.scopeStack.some(({ name }) => /^(rand|truncatedNormal)/.test(name));
}

/** Gives up tensors that a gradient keeps until it is done, which after an error TF.js does not. */
function dropTape(tf: Tf): void {
  const { state } = tf.engine();
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved);
  state.activeTape = [];
}

/** Gives every kernel that TF.js has an expression, or an error that names it. */
function registerKernels(
  tf: Tf,
  recording: () => Graph,
  backend: { put(value: Value): tf.DataId; valueAt(info: tf.TensorInfo): Value },
): void {
  const names = new Set([
    ...tf.getKernelsForBackend("cpu").map(({ kernelName }) => kernelName),
    ...Object.keys(kernels),
  ]);
  const infoOf = (value: Value): tf.TensorInfo => ({
    dataId: backend.put(value),
    shape: [...value.shape],
    dtype: value.dtype,
  });
  for (const kernelName of names) {
    const kernel = kernels[kernelName];
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc({ inputs, attrs }) {
        if (kernel === undefined) throw new UnsupportedKernel(kernelName);
        const values = Object.fromEntries(
          Object.entries(inputs).flatMap(([name, info]) => (info == null ? [] : [[name, backend.valueAt(info)]])),
        );
        const made = kernel(recording(), values, attrs ?? {});
        return Array.isArray(made) ? made.map(infoOf) : infoOf(made as Value);
      },
    });
  }
}

function numbersOf(values: tf.BackendValues, dtype: tf.DataType): tf.TypedArray {
  elementTypeOf(dtype);
  return (dtype === "float32" ? Float32Array : dtype === "int32" ? Int32Array : Uint8Array).from(
    values as tf.TypedArray,
  );
}

function constantValue(graph: Graph, values: tf.TypedArray, shape: readonly number[], dtype: tf.DataType): Value {
  if (values.length > 0 && isUniform(values)) return uniformValue(values[0] as number, shape, dtype);
  return made(graph.constant(elementTypeOf(dtype), shape, values), shape, dtype);
}

function isUniform(values: tf.TypedArray): boolean {
  return values.every((value) => value === values[0]);
}
