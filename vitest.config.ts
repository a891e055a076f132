import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts"],
          exclude: ["packages/engine/**"],
          // Pure code: files share a process, so that TF.js is loaded once and not once a file.
          isolate: false,
          // Also on two cores, where vitest's own choice is one.
          maxWorkers: 2,
          // Against hanging only: on a loaded machine a second of work may take ten.
          testTimeout: 60_000,
        },
      },
      {
        // Every kernel, compiled and by TF.js: as fast as the others each, but many.
        test: { name: "engine", include: ["packages/engine/src/**/*.test.ts"], isolate: false, testTimeout: 60_000 },
      },
      // What dies, stalls or is shared in a cluster takes minutes to show, and is a suite of its own.
      ...["integration", "cluster"].map((name) => ({
        test: {
          name,
          include: [`test/${name}/**/*.test.ts`],
          globalSetup: ["test/setup.ts"],
          // As many as there are for the unit tests: most of the time goes into starting processes and waiting for them.
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      })),
      {
        // One browser at a time, and a farm that computes beside it.
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          globalSetup: ["test/setup.ts"],
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        // One farm at a time, for as long as it takes.
        test: { name: "chaos", include: ["test/chaos/**/*.test.ts"], maxWorkers: 1, testTimeout: 7_200_000 },
      },
      { test: { name: "golden", include: ["test/golden/**/*.test.ts"], testTimeout: 600_000 } },
    ],
  },
});
