import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Built into `dist`, which the API serves. `npm run dev` asks the API of a farm that runs.
export default defineConfig({
  plugins: [react()],
  build: {
    // Those that have light-dark().
    target: ["chrome123", "firefox120", "safari17.5"],
    // The policy allows no `data:` in scripts and styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_000,
  },
  server: { proxy: { "/api": "http://127.0.0.1:7070" } },
});
