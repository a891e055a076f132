import type { Tensor as OrtTensor } from "onnxruntime-node";
import type { AnyArray } from "../engine.ts";
import { onnxruntime } from "./runtime.ts";

/** An array as ONNX Runtime takes it; not copied. */
export function toOrt({ shape, data }: AnyArray): OrtTensor {
  const { Tensor } = onnxruntime();
  return data instanceof Float32Array ? new Tensor("float32", data, shape) : new Tensor("int32", data, shape);
}

/** What ONNX Runtime returned; not copied. Booleans become 0 and 1. */
export function fromOrt(tensor: OrtTensor | undefined): AnyArray {
  if (tensor === undefined) throw new TypeError("a program did not return what it promised");
  const { type, dims, data } = tensor;
  if (type === "float32" || type === "int32") return { shape: dims, data: data as Float32Array | Int32Array };
  if (type === "bool") return { shape: dims, data: Int32Array.from(data as Uint8Array) };
  throw new TypeError(`a program returned ${type}`);
}
