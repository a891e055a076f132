import { existsSync } from "node:fs";
import path from "node:path";
import express, { type Router } from "express";
import { ApiProblem } from "./problem.ts";

const notBuilt = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shadowfarm</title>
<link rel="icon" href="data:,">
</head>
<body>
<h1>The dashboard is not built</h1>
<p>Run <code>npm run build</code> in the checkout and load this page again. The API is at <a href="/docs/">/api</a> meanwhile.</p>
</body>
</html>
`;

/** The dashboard's files, and its page at every address that is one of its views. */
export function dashboard(folder: string): Router {
  const page = path.join(folder, "index.html");
  const router = express.Router();
  // Their names hold a hash of what is in them.
  router.use("/assets", express.static(path.join(folder, "assets"), { immutable: true, maxAge: "1y", index: false }));
  router.get(/^\/(?!(?:api|docs|assets)(?:\/|$))/, (request, response, next) => {
    if (existsSync(page)) response.sendFile(page, { cacheControl: false, headers: { "cache-control": "no-cache" } });
    else if (request.accepts("html")) response.status(404).type("html").send(notBuilt);
    else
      next(
        new ApiProblem(
          "not-found",
          "the dashboard is not built (npm run build); the API is at /api, its documentation at /docs",
        ),
      );
  });
  router.use((request) => {
    throw new ApiProblem("not-found", `nothing is at ${request.baseUrl}${request.path}`);
  });
  return router;
}
