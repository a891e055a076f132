import { FarmError } from "@shadowfarm/core/errors";

/** Thrown when a function cannot be compiled for what it does: it reads data, draws random numbers, makes up constants. */
export class UntraceableProgram extends FarmError {
  constructor(message: string) {
    super("untraceable-program", message);
  }
}

/** Thrown when a traced function uses a TF.js kernel that the compiler does not know, or not with these attributes. */
export class UnsupportedKernel extends FarmError {
  readonly kernel: string;

  constructor(kernel: string, reason = "has no ONNX expression yet") {
    super(
      "unsupported-kernel",
      `TF.js kernel ${kernel} ${reason}; add it to a family in packages/engine/src/onnx/kernels and a row to its coverage test, or choose engine "wasm" or "cpu"`,
    );
    this.kernel = kernel;
  }
}

/** Thrown when an array's shape, length or element type is not what a compiled program was made for. */
export class WrongArray extends FarmError {
  constructor(message: string) {
    super("wrong-array", message);
  }
}
