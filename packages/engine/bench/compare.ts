import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

// This engine against another one, or against PyTorch, process after process in alternation, so that a busy machine is
// busy for both: one JSON object a line, with medians and their ratio.

const { values } = parseArgs({
  options: {
    kind: { type: "string" },
    engine: { type: "string", default: "onnx" },
    against: { type: "string", default: "torch" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
  },
});
const kinds = values.kind?.split(",") ?? ["mlp", "cnn", "tiny", "packed8", "forward-cnn"];
const rounds = Number(values.rounds);
const python = values.against === "torch" ? pythonWithTorch() : null;

/** PyTorch's own setting reaches neither OpenMP's pool nor the BLAS behind it. */
const oneThread = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

for (const kind of kinds) {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(ofEngine(values.engine, kind));
    theirs.push(python === null ? ofEngine(values.against, kind) : ofTorch(python, kind));
  }
  const [a, b] = [median(ours), median(theirs)];
  const line = { kind, engine: values.engine, against: values.against, rounds, samplesPerSecond: a, others: b };
  process.stdout.write(`${JSON.stringify({ ...line, ratio: Number((a / b).toFixed(2)) })}\n`);
}

function ofEngine(engine: string, kind: string): number {
  const script = fileURLToPath(new URL("engine.ts", import.meta.url));
  const args = ["--import", "tsx", script, "--kind", kind, "--engine", engine, "--seconds", values.seconds];
  return rateIn(execFileSync(process.execPath, args, { encoding: "utf8" }));
}

function ofTorch(python: string, kind: string): number {
  const script = fileURLToPath(new URL("pytorch.py", import.meta.url));
  return rateIn(execFileSync(python, [script, kind, values.seconds], { encoding: "utf8", env: oneThread }));
}

function rateIn(line: string): number {
  return (JSON.parse(line) as { samplesPerSecond: number }).samplesPerSecond;
}

/** The first Python that has PyTorch: a system package may belong to another one than the first in the path. */
function pythonWithTorch(): string {
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      execFileSync(python, ["-c", "import torch"], { stdio: "ignore" });
      return python;
    } catch {}
  }
  process.stderr.write("no python3 has PyTorch; install it (python3-torch), or compare --against wasm\n");
  process.exit(2);
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] as number;
}
