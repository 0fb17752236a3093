/**
 * `pnpm faults -- NAME [OPTIONS]`: faults for as long as somebody has patience. The short versions
 * are tests.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "tsup";
import { prepare } from "../../scripts/setup.mjs";

const NAMES = {
  "kill-loop": "SIGKILL for agent and Fusion at any moment: [--rounds 500] [--from 1]",
  "large-directory": "one directory of many entries: [--entries 1000000] [--parent /dev/shm]",
  stopped: "SIGSTOP for agents and Fusion: [--seconds 60] [--timeout 30]",
  storm: "a small tree, changed as fast as can be: [--seconds 45] [--rounds 1] [--from 1]",
  soak: "all faults at once, three agents, two views: [--minutes 30] [--from 1]",
};

const [name, ...args] = process.argv.slice(2).filter((arg) => arg !== "--");
if (name === undefined || !(name in NAMES)) {
  const list = Object.entries(NAMES).map(([key, says]) => `  ${key}  ${says}`);
  process.stderr.write(`Say which: pnpm faults -- NAME [OPTIONS]\n${list.join("\n")}\n`);
  process.exit(2);
}
await prepare({ build: true });
const { main } = await load(name);
process.exitCode = await main(args);

/** Bundles a program with all it uses of ours, so that Node runs it, and loads it. */
async function load(program) {
  const here = fileURLToPath(new URL(".", import.meta.url));
  // As deep as the files of `support`, which find the checkout from where they are.
  const outDir = join(here, "..", "node_modules");
  const entry = `.faults-${process.pid}`;
  await build({
    entry: { [entry]: join(here, `${program}.main.ts`) },
    outDir,
    clean: false,
    splitting: false,
    format: "esm",
    target: "node20",
    platform: "node",
    silent: true,
    config: false,
    noExternal: [/^@fustor\//],
    external: ["vitest"],
    outExtension: () => ({ js: ".mjs" }),
    esbuildOptions(options) {
      options.conditions = ["@fustor/source"];
    },
  });
  const file = join(outDir, `${entry}.mjs`);
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(file, { force: true });
  }
}
