// Generates the Prisma client after an install, and builds the dashboard. Prisma looks for its schema engine although `generate`
// never runs it, and would download one; naming any executable keeps the install within the registry.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const prisma = createRequire(import.meta.url).resolve("prisma/build/index.js");
const { status } = spawnSync(process.execPath, [prisma, "generate", "--no-hints"], {
  stdio: ["ignore", "ignore", "inherit"],
  env: {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: "1",
    CHECKPOINT_DISABLE: "1",
  },
});
if (status !== 0) process.exit(status ?? 1);
await build({ root: fileURLToPath(new URL("../apps/web", import.meta.url)), logLevel: "warn" });
