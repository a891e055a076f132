import type { ProblemDocument } from "@shadowfarm/core/api/problem";
import { FarmError, InvalidInput, messageOf, NotFound } from "@shadowfarm/core/errors";
import { formatPath, InvalidExperiment } from "@shadowfarm/core/experiment";
import type { Problem } from "@shadowfarm/core/validation";

/** Every kind of problem that the API answers with: its status and its title. */
const kinds = {
  "invalid-request": [400, "The request cannot be accepted"],
  "invalid-cursor": [400, "The cursor is not one of this list"],
  unauthenticated: [401, "A token is needed"],
  forbidden: [403, "The token does not allow this"],
  "foreign-origin": [403, "The request comes from another site"],
  "not-found": [404, "There is no such thing"],
  "method-not-allowed": [405, "This cannot be done here"],
  "artifact-corrupt": [410, "The stored bytes are missing or altered"],
  "too-large": [413, "Too much at once"],
  "unsupported-media-type": [415, "The body must be JSON"],
  "invalid-experiment": [422, "The experiment cannot be accepted"],
  "too-many-requests": [429, "Too many requests"],
  unexpected: [500, "Something failed on the server"],
  "too-slow": [503, "The answer takes too long"],
} as const satisfies Record<string, readonly [number, string]>;
export type ProblemKind = keyof typeof kinds;

/** Thrown by whoever answers a request; sent as a problem document (RFC 9457). */
export class ApiProblem extends FarmError {
  readonly document: ProblemDocument;

  constructor(kind: ProblemKind, detail: string, more: Pick<ProblemDocument, "errors" | "allowed"> = {}) {
    super(kind, detail);
    const [status, title] = kinds[kind];
    this.document = { type: `urn:shadowfarm:problem:${kind}`, title, status, detail, ...more };
  }
}

/** Problems of a part of a request, as `errors` has them. */
export function errorsIn(where: "path" | "query" | "body", problems: readonly Problem[]) {
  return problems.map(({ path, message }) => ({
    in: where,
    path: where === "body" ? formatPath(path) : path.join("."),
    message,
  }));
}

/** Any thrown value as the problem that a client is shown; null for a fault of ours, of which it is shown nothing. */
export function problemOf(error: unknown): ApiProblem | null {
  if (error instanceof ApiProblem) return error;
  if (error instanceof InvalidExperiment) {
    return new ApiProblem("invalid-experiment", error.message, { errors: errorsIn("body", error.problems) });
  }
  if (error instanceof InvalidInput) return new ApiProblem("invalid-request", error.message);
  if (error instanceof NotFound) return new ApiProblem("not-found", error.message);
  if (error instanceof FarmError && error.code === "artifact-corrupt") {
    return new ApiProblem("artifact-corrupt", error.message);
  }
  if (codeOf(error) === "57014") {
    return new ApiProblem("too-slow", "the database gave up after 20 s; filter by experiment, dataset or attack");
  }
  // In the words of pg's pool, which has no code for it.
  if (error instanceof Error && error.message === "timeout exceeded when trying to connect") {
    return new ApiProblem("too-slow", "the database has had no connection free for 10 s; ask again in a moment");
  }
  return ofExpress(error);
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}

/** Errors that Express and its body parser raise for what a client sent. */
function ofExpress(error: unknown): ApiProblem | null {
  if (!(error instanceof Error) || !("status" in error) || typeof error.status !== "number") return null;
  if (error.status === 413) return new ApiProblem("too-large", "the body is larger than 1 MB; send less");
  if (error.status === 415) return new ApiProblem("unsupported-media-type", messageOf(error));
  if (error.status >= 400 && error.status < 500) return new ApiProblem("invalid-request", messageOf(error));
  return null;
}

/** What a client is told of a fault of ours. */
export const unexpected = new ApiProblem("unexpected", "the server's log says what; the request may be tried again");
