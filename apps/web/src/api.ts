import type { ProblemDocument } from "@shadowfarm/core/api/problem";
import { stringifySearch } from "./url-search.ts";

/** Thrown when the API refuses a request, fails, or is not there. */
export class ApiError extends Error {
  readonly problem: ProblemDocument;

  constructor(problem: ProblemDocument) {
    super(problem.detail);
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** What a link to an answer of the API is. */
export function apiPath(path: string, search: Readonly<Record<string, unknown>> = {}): string {
  return `/api${path}${stringifySearch(search)}`;
}

interface Asked {
  method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  search?: Readonly<Record<string, unknown>> | undefined;
  body?: unknown;
  signal?: AbortSignal;
}

/**
 * Asks the API. What it answers is held to the schemas of `core/api` by its own tests, and not read again here.
 *
 * @throws {ApiError}
 */
export async function ask<Answer>(path: string, { method = "GET", search, body, signal }: Asked = {}): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(apiPath(path, search), {
      method,
      ...(signal && { signal }),
      ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError({
      type: "unreachable",
      title: "The farm cannot be reached",
      status: 0,
      detail: "nothing answers at this address; is it still running? npm run farm -- up",
    });
  }
  if (response.ok) return (await response.json()) as Answer;
  throw new ApiError(await problemIn(response));
}

async function problemIn(response: Response): Promise<ProblemDocument> {
  const { status, statusText, headers } = response;
  if (headers.get("content-type")?.startsWith("application/problem+json")) return response.json();
  // Of a proxy between this page and the farm.
  return {
    type: "unknown",
    title: statusText || `Status ${status}`,
    status,
    detail: "the answer is not the farm's own",
  };
}
