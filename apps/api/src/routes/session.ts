import { holderOf } from "@shadowfarm/store/tokens";
import { z } from "zod";
import { COOKIE } from "../access.ts";
import { ApiProblem } from "../problem.ts";
import { type Route, route } from "../route.ts";

const tag = "session";
const DAY_MS = 86_400_000;
const empty = z.object({});

/** For browsers: a token in a cookie that no script can read and no other site can send. */
export const sessionRoutes: Route[] = [
  route({
    method: "post",
    path: "/session",
    role: null,
    tag,
    summary: "Keep a token in a cookie, for a browser",
    body: z.strictObject({ token: z.string().max(200) }),
    answer: { name: "Session", schema: empty },
    async handle({ body, response, resources: { store } }) {
      if ((await holderOf(store, body.token)) === null) {
        response.locals.guessed = true;
        throw new ApiProblem("unauthenticated", "the token is not known, or was revoked; ask an admin for another");
      }
      response.cookie(COOKIE, body.token, cookie(response.req.headers["x-forwarded-proto"] === "https"));
      return {};
    },
  }),
  route({
    method: "delete",
    path: "/session",
    role: null,
    tag,
    summary: "Forget the token of the cookie",
    answer: { name: "Session", schema: empty },
    handle({ response }) {
      response.clearCookie(COOKIE, { path: "/api" });
      return {};
    },
  }),
];

function cookie(secure: boolean) {
  return { httpOnly: true, sameSite: "strict", secure, path: "/api", maxAge: 30 * DAY_MS } as const;
}
