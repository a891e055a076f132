/** The root of every error that Shadowfarm raises on purpose. `code` is stable and machine-readable. */
export class FarmError extends Error {
  readonly code: string;
  /** Whether doing the same work again, unchanged, may succeed. */
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** Thrown when an experiment file, an option or an environment variable cannot be accepted; nothing was written. */
export class InvalidInput extends FarmError {
  /** One line per problem, each naming the value, the place and the remedy. */
  readonly problems: readonly string[];

  constructor(problems: string | readonly string[]) {
    const lines = typeof problems === "string" ? [problems] : problems;
    super("invalid-input", lines.join("\n"));
    this.problems = lines;
  }
}

/** Thrown when something that was asked for by name or key does not exist. */
export class NotFound extends FarmError {
  constructor(message: string) {
    super("not-found", message);
  }
}

/** Thrown when bytes on disk are not what they were when they were written. */
export class ArtifactCorrupt extends FarmError {
  constructor(message: string) {
    super("artifact-corrupt", message);
  }
}

/** Thrown when an artifact of a job's input is missing or altered: the input is to be done again. */
export class InputLost extends FarmError {
  /** Key of the job that left the artifact. */
  readonly input: string;

  constructor(input: string, message: string, cause?: unknown) {
    super("input-lost", message, { retryable: true, cause });
    this.input = input;
  }
}

/** Thrown when a training loss stops being a finite number. */
export class TrainingDiverged extends FarmError {
  readonly step: number;
  readonly learningRate: number;
  readonly lastFiniteLoss: number | null;

  constructor(at: { step: number; learningRate: number; lastFiniteLoss: number | null }) {
    super(
      "training-diverged",
      `the loss is not a finite number at step ${at.step} (learning rate ${at.learningRate}, last finite loss ${at.lastFiniteLoss ?? "none"}); lower training.learningRate`,
    );
    this.step = at.step;
    this.learningRate = at.learningRate;
    this.lastFiniteLoss = at.lastFiniteLoss;
  }
}

/** Thrown inside a job whose experiment was cancelled or whose worker is stopping. */
export class Cancelled extends FarmError {
  constructor(message = "cancelled") {
    super("cancelled", message, { retryable: true });
  }
}

/** Thrown when the environment (a port, a folder, a database, a process) does not allow to go on. */
export class EnvironmentFault extends FarmError {
  constructor(message: string, options: { retryable?: boolean; cause?: unknown; code?: string } = {}) {
    super(options.code ?? "environment", message, options);
  }
}

/** Thrown when the store of artifacts cannot be used now: no fault of the job, which is handed back, and the worker waits. */
export class StoreUnusable extends EnvironmentFault {
  static readonly code = "store-unusable";

  constructor(message: string, cause?: unknown) {
    super(message, { retryable: true, cause, code: StoreUnusable.code });
  }
}

/** How a compute process came to its end in the middle of a job. */
export const deaths = ["memory", "heap", "crash", "killed", "exit", "stuck"] as const;
export type Death = (typeof deaths)[number];

/** Thrown when the process that computed a job is gone; the job itself may be all right. */
export class ProcessDied extends FarmError {
  readonly death: Death;

  constructor(death: Death, message: string) {
    super("process-died", message, { retryable: true });
    this.death = death;
  }
}

/** One line for a person: the message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
