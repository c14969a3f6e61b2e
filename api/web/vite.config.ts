import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compress } from "./build/compress.ts";

const server = process.env.BOOMGATE ?? "http://127.0.0.1:8480";

export default defineConfig({
  plugins: [react(), tailwindcss(), compress()],
  build: {
    target: ["chrome123", "firefox128", "safari17.5"],
    // The page's policy forbids data: for scripts and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: "manifest.json",
    // `build/budget.ts` has the limits; the API documentation is large.
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { input: { app: "index.html", docs: "docs.html", redoc: "redoc.html" } },
  },
  // The server takes changes from its own page only, so what comes from here says it is.
  server: { proxy: { "/api": { target: server, ws: true, changeOrigin: true, headers: { origin: server } } } },
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"] },
});
