import type * as tfTypes from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { mapValues, sizeOf } from "../../arrays.ts";
import { uniformNumbers } from "../../counter-hash.ts";
import type { AnyArray, Tensors } from "../../engine.ts";
import { tfjs } from "../../tfjs.ts";
import { compileStep } from "../compile-step.ts";
import type { Target } from "../runtime.ts";
import type { Kernels } from "./kernel.ts";

/** A function of some inputs, whose value and gradients must be TF.js `cpu`'s when it is compiled. */
export interface Case {
  title: string;
  inputs: Readonly<Record<string, Input>>;
  fn(inputs: Given): tfTypes.Tensor | tfTypes.Tensor[];
  /** Whether the float inputs' gradients are compared too; default true. Not for functions that have none. */
  gradient?: boolean;
  /** Largest difference, relative to the largest number in the array where that is over 1; default 1e-6. */
  tolerance?: number;
}

/** A case's inputs as tensors; these names need no check that they are there. */
export type Given = Tensors & Record<"a" | "b" | "c" | "x" | "y", tfTypes.Tensor>;

/** Uniform numbers of the shape between `low` and `high` (default −1 and 1), or just these values. */
export interface Input {
  shape: readonly number[];
  low?: number;
  high?: number;
  values?: readonly number[];
  dtype?: "float32" | "int32";
}

/**
 * Tests every case on each target, and that the cases together run every kernel of the family and nothing else was
 * forgotten: a kernel without a case fails.
 */
export function testKernels(family: Kernels, cases: readonly Case[], targets: Readonly<Record<string, Target>> = cpu) {
  for (const [targetName, target] of Object.entries(targets)) {
    test.each(cases)(`$title as TF.js does (${targetName})`, async (one) => {
      const inputs = valuesOf(one);
      const step = compileStep(target, one.inputs, (tensors) => outputsOf(one, tensors));
      try {
        const compiled = await step.run(inputs);
        const expected = await onCpu(() => outputsOf(one, tensorsOf(inputs)));
        expect(Object.keys(compiled)).toEqual(Object.keys(expected));
        for (const [name, array] of Object.entries(expected)) expectClose(name, compiled[name], array, one.tolerance);
      } finally {
        step.dispose();
      }
    });
  }

  test("every kernel of the family has a case", async () => {
    const used = new Set<string>();
    for (const one of cases) {
      const names = await kernelsOf(() => outputsOf(one, tensorsOf(valuesOf(one))));
      for (const name of names) used.add(name);
    }
    expect(Object.keys(family).filter((name) => !used.has(name))).toEqual([]);
  });
}

const cpu: Readonly<Record<string, Target>> = { plain: { provider: "cpu", block: 0 } };

function valuesOf({ inputs }: Case): Record<string, AnyArray> {
  let call = 0;
  return mapValues(inputs, ({ shape, low = -1, high = 1, values, dtype = "float32" }) => {
    const random = uniformNumbers(1, 0, call++, sizeOf(shape));
    const numbers = values ?? random.map((value) => low + (high - low) * value);
    return { shape, data: dtype === "float32" ? Float32Array.from(numbers) : Int32Array.from(numbers) };
  });
}

/** Values, and the gradients of a weighted sum of them: weighted, so that equal gradients cannot hide a permutation. */
function outputsOf({ fn, inputs, gradient = true }: Case, tensors: Tensors): Tensors {
  const tf = tfjs();
  const outputs = [fn(tensors as Given)].flat();
  const named: Tensors = Object.fromEntries(outputs.map((value, at) => [`value${at}`, value]));
  const floats = Object.keys(inputs).filter((name) => inputs[name]?.dtype !== "int32");
  if (!gradient) return named;
  const total = (...values: tfTypes.Tensor[]) => {
    const given = { ...tensors, ...Object.fromEntries(floats.map((name, at) => [name, values[at] as tfTypes.Tensor])) };
    const sums = [fn(given as Given)].flat().map((value) => {
      const weights = tf.sin(tf.reshape(tf.range(1, value.size + 1, 1, "float32"), value.shape));
      return tf.sum(tf.mul(tf.cast(value, "float32"), weights));
    });
    return tf.addN(sums) as tfTypes.Scalar;
  };
  const gradients = tf.grads(total)(floats.map((name) => tensors[name] as tfTypes.Tensor));
  floats.forEach((name, at) => {
    named[`gradient of ${name}`] = gradients[at] as tfTypes.Tensor;
  });
  return named;
}

function tensorsOf(inputs: Record<string, AnyArray>): Tensors {
  return mapValues(inputs, ({ shape, data }) =>
    tfjs().tensor(data, [...shape], data instanceof Float32Array ? "float32" : "int32"),
  );
}

async function onCpu(compute: () => Tensors): Promise<Record<string, AnyArray>> {
  const tf = tfjs();
  await tf.setBackend("cpu");
  const tensors = tf.tidy(compute);
  // Of the type that the tensor says: TF.js keeps booleans in arrays of their own, and some numbers in another's.
  const arrays = mapValues(tensors, (value) => ({
    shape: value.shape,
    data: (value.dtype === "float32" ? Float32Array : Int32Array).from(value.dataSync()),
  }));
  tf.dispose(tensors);
  return arrays;
}

async function kernelsOf(compute: () => Tensors): Promise<string[]> {
  const tf = tfjs();
  await tf.setBackend("cpu");
  try {
    const { kernelNames } = await tf.profile(() => {
      tf.tidy(() => void compute());
      return tf.scalar(0);
    });
    return kernelNames;
  } finally {
    // Which TF.js forgets after an error, so that all later tests would fail too.
    tf.engine().state.profiling = false;
  }
}

function expectClose(name: string, actual: AnyArray | undefined, expected: AnyArray, tolerance = 1e-6): void {
  expect(actual?.shape, `shape of ${name}`).toEqual(expected.shape);
  expect(actual?.data.constructor, `type of ${name}`).toBe(expected.data.constructor);
  const numbers = Array.from(expected.data);
  const scale = numbers.reduce((largest, x) => (Number.isFinite(x) ? Math.max(largest, Math.abs(x)) : largest), 1);
  const isOther = (value: number, other: number) =>
    !(Object.is(value, other) || value === other || Math.abs(value - other) <= tolerance * scale);
  // One expectation an array: one an element takes longer than the kernels.
  const at = numbers.findIndex((value, index) => isOther(value, actual?.data[index] as number));
  expect(at, `${name}[${at}]: compiled ${actual?.data[at]}, TF.js ${numbers[at]}`).toBe(-1);
}
