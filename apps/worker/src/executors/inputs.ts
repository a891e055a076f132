import { ArtifactCorrupt } from "@shadowfarm/core/errors";
import type { ArtifactRef, Artifacts } from "@shadowfarm/store/artifacts";
import type { Claim } from "@shadowfarm/store/jobs";
import type { Bundle, Tensor, TypedArray } from "@shadowfarm/store/tensors";
import type { OpenInput, ReadInput } from "./contract.ts";

/** The artifacts of a job's inputs, to be read or opened. */
export function inputsOf(job: Claim, artifacts: Artifacts): { read: ReadInput; open: OpenInput } {
  const refOf = (inputKey: string, name: string): ArtifactRef => {
    const ref = job.inputs[inputKey]?.[name];
    if (!ref) throw new ArtifactCorrupt(`input ${inputKey} left no artifact "${name}"`);
    return ref;
  };
  return {
    read: async (inputKey, name) => artifacts.get(refOf(inputKey, name)),
    open: async (inputKey, name) => artifacts.open(refOf(inputKey, name)),
  };
}

/** @throws {ArtifactCorrupt} when the bundle has no such array of that type. */
export function tensorOf<T extends TypedArray>(
  bundle: Bundle,
  name: string,
  type: new (length: number) => T,
): Tensor<T> {
  return typed(bundle.tensors[name], name, type);
}

/** @throws {ArtifactCorrupt} when there is no such array, or it has another type. */
export function typed<T extends TypedArray>(
  tensor: Tensor | undefined,
  name: string,
  type: new (length: number) => T,
): Tensor<T> {
  if (!(tensor?.data instanceof type)) throw new ArtifactCorrupt(`an artifact has no ${type.name} "${name}"`);
  return { shape: tensor.shape, data: tensor.data };
}
