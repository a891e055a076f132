import { createRequire } from "node:module";
import path from "node:path";
import express, { type Router } from "express";

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shadowfarm API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const start = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null, docExpansion: "list" });
`;

/** The API's documentation for people, from files of an npm package alone. */
export function docsPage(): Router {
  const folder = path.dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  const router = express.Router();
  router.get("/", (_request, response) => void response.type("html").send(page));
  router.get("/start.js", (_request, response) => void response.type("js").send(start));
  for (const file of ["swagger-ui.css", "swagger-ui-bundle.js"]) {
    router.get(`/${file}`, (_request, response) => response.sendFile(path.join(folder, file), { maxAge: "1d" }));
  }
  return router;
}
