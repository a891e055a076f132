import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import { messageOf } from "@shadowfarm/core/errors";

const require = createRequire(import.meta.url);
const run = promisify(execFile);

/** One thing that a machine whose GPU is to compute must have. */
export interface GpuNeed {
  name: string;
  /** What there is of it; null when it is missing or does not load. */
  found: string | null;
  /** Why not, and what to do; null when it is there. */
  problem: string | null;
}

/** What ONNX Runtime's CUDA provider is linked against; CUDA 12 and cuDNN 9. */
const CUDA_LIBRARIES = [
  "libcudart.so.12",
  "libcublas.so.12",
  "libcublasLt.so.12",
  "libcurand.so.10",
  "libcufft.so.11",
  "libcudnn.so.9",
];

/** An optional package. */
const TENSORFLOW = "@tensorflow/tfjs-node-gpu";

/** Looks for all that computing on an NVIDIA GPU needs; Linux on x64 alone has it. */
export async function gpuNeeds(): Promise<GpuNeed[]> {
  return [await driver(), await cudaLibraries(), cudaProvider(), tensorflowGpu()];
}

async function driver(): Promise<GpuNeed> {
  const name = "gpu driver";
  try {
    const { stdout } = await run("nvidia-smi", [
      "--query-gpu=name,driver_version,memory.total",
      "--format=csv,noheader",
    ]);
    return { name, found: stdout.trim().split("\n").join("; "), problem: null };
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === "ENOENT";
    const why = absent ? "there is no nvidia-smi" : `nvidia-smi fails (${shortened(messageOf(error))})`;
    return missing(
      name,
      `${why}; a GPU needs NVIDIA's driver, 525 or newer for CUDA 12, and in a container --gpus all`,
    );
  }
}

async function cudaLibraries(): Promise<GpuNeed> {
  const name = "gpu libraries";
  const known = await run("ldconfig", ["-p"]).then(
    ({ stdout }) => stdout,
    () => "",
  );
  const folders = (process.env.LD_LIBRARY_PATH ?? "").split(":").filter(Boolean);
  const absent = CUDA_LIBRARIES.filter(
    (library) => !known.includes(`${library} `) && !folders.some((folder) => existsSync(path.join(folder, library))),
  );
  if (absent.length === 0) return { name, found: "CUDA 12 and cuDNN 9", problem: null };
  return missing(
    name,
    `${absent.join(", ")} not found; install CUDA 12 and cuDNN 9, where ldconfig or LD_LIBRARY_PATH finds them`,
  );
}

function cudaProvider(): GpuNeed {
  const name = "gpu onnx-cuda";
  const install = "ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js";
  const bin = path.join(path.dirname(require.resolve("onnxruntime-node/package.json")), "bin");
  const file = readdirSync(bin)
    .map((version) => path.join(bin, version, process.platform, process.arch, "libonnxruntime_providers_cuda.so"))
    .find(existsSync);
  if (file === undefined) return missing(name, `onnxruntime-node has no CUDA provider; ${install}`);
  const problem = loaderError(file);
  if (problem === null) return { name, found: file, problem };
  return missing(name, `ONNX Runtime's CUDA provider does not load: ${problem}; install what it names`);
}

function tensorflowGpu(): GpuNeed {
  const name = "gpu tensorflow-gpu";
  try {
    return { name, found: require.resolve(TENSORFLOW), problem: null };
  } catch {
    return missing(
      name,
      `${TENSORFLOW} is not installed; npm install ${TENSORFLOW}@4.22.0, with CUDA 11.2 and cuDNN 8 (or use onnx-cuda)`,
    );
  }
}

function missing(name: string, problem: string): GpuNeed {
  return { name, found: null, problem };
}

/** What the system's loader says of a library; null when it loads. ONNX Runtime itself only says that it could not. */
export function loaderError(file: string): string | null {
  try {
    process.dlopen({ exports: {} }, file);
    return null;
  } catch (error) {
    const message = messageOf(error);
    // It was loaded, and is none of Node's own.
    return message.includes("did not self-register") ? null : shortened(message);
  }
}

/** The first line of a message, in reasonable length. */
export function shortened(message: string): string {
  const [line = ""] = message.trim().split("\n");
  return line.length > 500 ? `${line.slice(0, 499)}…` : line;
}
