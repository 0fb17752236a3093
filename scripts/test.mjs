/**
 * `npm test [-- ARGS]`: from a fresh clone to the result of every test. ARGS go to vitest, e.g.
 * `npm test -- --project unit packages/core`.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { prepare, root } from "./setup.mjs";

try {
  await prepare({ build: true });
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

const args = process.argv.slice(2);
process.stdout.write(`Running the tests${args.length > 0 ? `: ${args.join(" ")}` : ""}\n`);
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const child = spawn(process.execPath, [vitest, "run", ...args], { cwd: root, stdio: "inherit" });
// The terminal tells the child about Ctrl-C itself; a TERM comes to us alone.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("close", (code, signal) => process.exit(signal === null ? (code ?? 1) : 130));
