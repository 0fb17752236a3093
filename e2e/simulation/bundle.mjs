import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "tsup";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Bundles `histories.ts` with all it uses, so that Node runs it without a build, and loads it. */
export async function loadHistories() {
  const dir = await mkdtemp(join(here, "..", "node_modules", ".simulation-"));
  try {
    await build({
      entry: [join(here, "histories.ts")],
      outDir: dir,
      format: "esm",
      target: "node20",
      platform: "node",
      silent: true,
      config: false,
      noExternal: [/.*/],
      outExtension: () => ({ js: ".mjs" }),
      esbuildOptions(options) {
        options.conditions = ["@fustor/source"];
        // Some dependencies are CommonJS and ask for built-in modules.
        options.banner = {
          js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
        };
      },
    });
    return await import(pathToFileURL(join(dir, "histories.mjs")).href);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
