import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** A GPU of this machine. */
export interface Gpu {
  /** As `CUDA_VISIBLE_DEVICES` names it. */
  device: string;
  name: string;
  /** MiB. */
  memory: number;
}

const QUERY = ["--query-gpu=index,name,memory.total", "--format=csv,noheader,nounits"];

/**
 * The GPUs that a process with these variables may use; none where there is no `nvidia-smi`, or no driver. What is set in
 * `CUDA_VISIBLE_DEVICES` is kept to; a device that it names in another way than by its number counts as the smallest there is.
 */
export async function findGpus(variables: Readonly<Record<string, string | undefined>>): Promise<Gpu[]> {
  const listed = await promisify(execFile)("nvidia-smi", QUERY, { env: { ...variables }, timeout: 30_000 }).then(
    ({ stdout }) => parseGpus(stdout),
    () => [],
  );
  return visibleGpus(listed, variables.CUDA_VISIBLE_DEVICES);
}

/** What `nvidia-smi` lists; a line that is not of a GPU is passed over, and a memory that it does not know is 0. */
export function parseGpus(text: string): Gpu[] {
  return text.split("\n").flatMap((line) => {
    const [, device, name, memory] = /^\s*(\d+),\s*(.*?),\s*(\d+|\[.*\])\s*$/.exec(line) ?? [];
    return device === undefined ? [] : [{ device, name: name as string, memory: Number(memory) || 0 }];
  });
}

/** As CUDA does, leaves out all from the first device on that is not there. */
export function visibleGpus(listed: readonly Gpu[], visible: string | undefined): Gpu[] {
  if (visible === undefined || listed.length === 0) return [...listed];
  const found: Gpu[] = [];
  for (const device of visible.split(",").map((entry) => entry.trim())) {
    const known = listed.find((gpu) => gpu.device === device);
    const named = /^(GPU|MIG)-/.test(device);
    if (!known && !named) break;
    found.push(known ?? { device, name: device, memory: Math.min(...listed.map(({ memory }) => memory)) });
  }
  return found;
}
