import { isIP } from "node:net";
import { allows, type Role } from "@shadowfarm/core/role";
import type { Store } from "@shadowfarm/store/client";
import { holderOf } from "@shadowfarm/store/tokens";
import type { Request } from "express";
import { ApiProblem } from "./problem.ts";
import type { Caller } from "./route.ts";

/** Whether an address can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Says who asks, or refuses them. */
export type Identify = (request: Request, needed: Role | null) => Promise<Caller>;

/**
 * On the loopback address everyone is an admin, but a browser may be led to it by another site: only its own name is answered,
 * and only to its own pages. Elsewhere a token is needed, as a bearer's or in the cookie that `POST /session` sets.
 */
export function identifierOf(store: Store, host: string): Identify {
  if (isLoopback(host)) {
    return async (request) => {
      const named = hostName(request.headers.host);
      if (named === null || !isLoopback(named)) {
        throw new ApiProblem(
          "foreign-origin",
          `"${request.headers.host ?? ""}" is not this machine's own name; ask 127.0.0.1 or localhost, or serve with tokens: set SHADOWFARM_API_HOST`,
        );
      }
      refuseOtherSites(request);
      return { token: "", role: "admin" };
    };
  }
  return async (request, needed) => {
    refuseOtherSites(request);
    const token = tokenOf(request);
    const holder = token === null ? null : await holderOf(store, token);
    if (request.res) request.res.locals.guessed = token !== null && holder === null;
    if (needed === null) return { token: holder?.name ?? "", role: holder?.role ?? "reader" };
    if (holder === null) {
      throw new ApiProblem(
        "unauthenticated",
        token === null
          ? 'send a token as "Authorization: Bearer …"; an admin makes one: shadowfarm tokens create NAME --role reader'
          : "the token is not known, or was revoked; ask an admin for another",
      );
    }
    if (!allows(holder.role, needed)) {
      throw new ApiProblem("forbidden", `this needs the role ${needed}; token "${holder.name}" has ${holder.role}`);
    }
    return { token: holder.name, role: holder.role };
  };
}

/** The cookie that carries a token for browsers, which cannot give a link a header. */
export const COOKIE = "shadowfarm_token";

/** The token that a request brings, whatever it is worth. */
export function tokenOf(request: Request): string | null {
  const [, bearer] = /^Bearer ([\w-]{10,200})$/i.exec(request.headers.authorization ?? "") ?? [];
  if (bearer !== undefined) return bearer;
  const [, cookie] = new RegExp(`(?:^|; )${COOKIE}=([\\w-]{10,200})(?:;|$)`).exec(request.headers.cookie ?? "") ?? [];
  return cookie ?? null;
}

/** A text in which tokens are not readable. */
export function withoutTokens(text: string): string {
  return text.replaceAll(/(shadowfarm_)[\w-]{20,}/g, "$1…");
}

/** What a page of another site has a browser send is not what its user asked for. */
function refuseOtherSites(request: Request): void {
  const { origin, host, "sec-fetch-site": site } = request.headers;
  const other = origin !== undefined && hostOf(origin) !== host;
  if (other || site === "cross-site" || (site === "same-site" && request.method !== "GET")) {
    throw new ApiProblem("foreign-origin", `pages of ${origin ?? "another site"} may not use this API`);
  }
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

function hostName(host: string | undefined): string | null {
  const url = `http://${host}`;
  return host !== undefined && URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, "") : null;
}
