import type { Catalog } from "@shadowfarm/core/catalog";
import type { Role } from "@shadowfarm/core/role";
import type { Place } from "@shadowfarm/ml/check-experiment";
import type { Artifacts } from "@shadowfarm/store/artifacts";
import type { Store } from "@shadowfarm/store/client";
import type { KeptResults } from "@shadowfarm/store/keep-results";
import type { Reader } from "@shadowfarm/store/reader";
import type { RowTexts } from "@shadowfarm/store/row-texts";
import type { Response } from "express";
import type { z } from "zod";
import type { Definitions } from "./definitions.ts";
import type { Events } from "./events.ts";
import type { Replies } from "./replies.ts";
import type { ShippedExperiments } from "./shipped-experiments.ts";

/** What routes work with. */
export interface Resources {
  /** For what writes, and for little that reads. */
  store: Store;
  /** For questions. */
  reader: Reader;
  /** For those that may read very many rows: few at a time, so that the others do not wait for them. */
  scanner: Reader;
  /** For lists, means and counts. */
  results: KeptResults;
  artifacts: Artifacts;
  /** The units that were known when the API started. */
  catalog: Catalog;
  /** What the documentation says of them. */
  definitions: Definitions;
  /** The experiment files that come with this version. */
  shipped: ShippedExperiments;
  place: Place;
  events: Events;
  replies: Replies;
  rowTexts: RowTexts;
  /** Whose share is used by what is submitted without a token. */
  user: string;
}

/** Who asks. */
export interface Caller {
  /** Of the token; empty where none is needed. */
  token: string;
  role: Role;
}

interface Call<P, Q, B> {
  params: P;
  query: Q;
  body: B;
  caller: Caller;
  resources: Resources;
  /** The path and query as they were sent. */
  url: string;
  /** For what is answered in parts, and for headers. */
  response: Response;
}

/** JSON of a named schema. */
interface JsonAnswer<R extends z.ZodType> {
  name: string;
  schema: R;
}

/** Bytes that the route writes by itself. */
interface OtherAnswer {
  mediaType: string;
  describe: string;
}

/** An answer that is written already. */
export class Written {
  readonly body: Buffer;

  constructor(body: string | Buffer) {
    this.body = typeof body === "string" ? Buffer.from(body) : body;
  }
}

/**
 * How long an answer is good, which is then made once for all who ask: while a version stays, and for a moment whatever happens.
 * Without a version no longer than it takes to be made; who asks meanwhile gets the next one.
 */
export interface Keeping {
  version: ((resources: Resources) => Promise<number>) | null;
  freshMs: number;
}

/** Of what changes all the time, and is asked for by many. */
export const together: Keeping = { version: null, freshMs: 0 };

/** While results come in many times a second, what is made from many of them may be so old. */
export const FRESH_MS = 2_000;

/** A version that rises whenever a text is another than the last time; texts tell of all that answers depend on. */
export function versionBy(
  textOf: (resources: Resources) => Promise<string>,
): (resources: Resources) => Promise<number> {
  let version = 0;
  let last: string | null = null;
  return async (resources) => {
    const text = await textOf(resources);
    if (text !== last) version++;
    last = text;
    return version;
  };
}

/** An endpoint: routing, validation, the role check and its documentation all follow from this. */
export interface Route {
  method: "get" | "post" | "patch" | "put" | "delete";
  /** As Express has it: `/experiments/:id`. */
  path: string;
  /** The least role that may use it; null: anyone who can reach the API. */
  role: Role | null;
  tag: string;
  summary: string;
  params?: z.ZodObject | undefined;
  query?: z.ZodObject | undefined;
  body?: z.ZodType | undefined;
  status: number;
  answer: JsonAnswer<z.ZodType> | OtherAnswer;
  /** Without it every answer is made anew. */
  keeping?: Keeping;
  handle(call: Call<never, never, never>): Promise<unknown>;
}

type Parsed<S> = S extends z.ZodType ? z.infer<S> : Record<string, never>;

/** Declares an endpoint whose handler is typed by its schemas. */
export function route<
  R extends z.ZodType,
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(definition: {
  method: Route["method"];
  path: string;
  role: Role | null;
  tag: string;
  summary: string;
  params?: P;
  query?: Q;
  body?: B;
  /** Default: 200. */
  status?: number;
  answer: JsonAnswer<R> | OtherAnswer;
  keeping?: Keeping;
  handle(
    call: Call<Parsed<P>, Parsed<Q>, Parsed<B>>,
  ): Promise<z.input<R> | Written | undefined> | z.input<R> | Written | undefined;
}): Route {
  const { handle, status = 200, ...rest } = definition;
  return { ...rest, status, handle: async (call) => handle(call as Call<never, never, never>) };
}
