import { ArtifactCorrupt, InputLost } from "@shadowfarm/core/errors";
import type { ArtifactRef, Artifacts } from "@shadowfarm/store/artifacts";
import type { Claim } from "@shadowfarm/store/jobs";
import type { Bundle, Tensor, TypedArray } from "@shadowfarm/store/tensors";
import type { OpenInput, ReadInput } from "./contract.ts";

/** The artifacts of a job's inputs, to be read or opened. */
export function inputsOf(job: Claim, artifacts: Artifacts): { read: ReadInput; open: OpenInput } {
  const refOf = (inputKey: string, name: string): ArtifactRef => {
    const ref = job.inputs[inputKey]?.[name];
    if (!ref) throw new InputLost(inputKey, `input ${inputKey} left no artifact "${name}"`);
    return ref;
  };
  return {
    read: (inputKey, name) => found(inputKey, async () => artifacts.get(refOf(inputKey, name))),
    async open(inputKey, name) {
      const opened = await found(inputKey, async () => artifacts.open(refOf(inputKey, name)));
      return {
        ...opened,
        read: (array) => found(inputKey, () => opened.read(array)),
        rows: (array, indices) => found(inputKey, () => opened.rows(array, indices)),
      };
    },
  };
}

/** Says of which input an artifact is that is missing or altered, so that this can be done again. */
async function found<T>(inputKey: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ArtifactCorrupt) throw new InputLost(inputKey, error.message, error);
    throw error;
  }
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
