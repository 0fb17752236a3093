import { defineConfig } from "vite";
import { fileURLToPath } from "node:url";
import { thirdPartyNotices } from "./notices.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Both consoles: a page each, the same chunks where they share code, nothing from anywhere else. */
export default defineConfig({
  root: here("./"),
  base: "/",
  // What is built beside it (`tsup`) has emptied the folder.
  build: {
    outDir: here("../../dist/web"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { fusion: here("fusion.html"), agent: here("agent.html") } },
    reportCompressedSize: false,
  },
  plugins: [thirdPartyNotices()],
});
