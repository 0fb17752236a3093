import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./setup.mjs";

const exec = promisify(execFile);
let found;

/** The path of a pnpm in the version of this checkout: the one on the PATH, or npm's own copy. */
export function findPnpm() {
  found ??= find();
  return found;
}

async function find() {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const onPath = await exec("pnpm", ["--version"], { cwd: root }).catch(() => ({ stdout: "" }));
  if (`pnpm@${onPath.stdout.trim()}` === packageManager) return "pnpm";
  const args = ["--yes", `--package=${packageManager}`, "--call", "command -v pnpm"];
  const { stdout } = await exec("npx", args, { cwd: root });
  return stdout.trim();
}
