import { cp, mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { atEndOfTest } from "../support/at-end.js";
import { makeFolder } from "../support/folders.js";
import { freePort } from "../support/loopback.js";
import { root, run } from "../support/processes.js";

/** All but what git keeps, and what was built from it. */
const LEFT_OUT = /^(?:\.git|\.fustor|node_modules)(?:\/|$)|(?:^|\/)(?:\.turbo|coverage|results)$/;
const HOME = ".fustor/tutorial";
const WITHIN_MS = 300_000;

describe("the tutorial", () => {
  it(
    "does what it says, command by command",
    async () => {
      const clone = await copyOfCheckout();
      const commands = shellBlocks(await readFile(join(root, "docs/tutorial.md"), "utf8"));
      expect(commands.length).toBeGreaterThan(6);
      const script = ["set -euo pipefail", "set -m", ...commands, "echo The end"].join("\n");
      const { code, stdout, stderr } = await run("bash", ["-c", script], {
        cwd: clone,
        withinMs: WITHIN_MS,
        env: {
          FUSTOR_FUSION_PORT: String(await freePort()),
          FUSTOR_AGENT_PORT: String(await freePort()),
        },
      });
      const said = `${stdout}\n${stderr}`;
      expect(code, said).toBe(0);
      for (const words of [
        /^Ready after .*: 4 files/m,
        /^\/raw\/run-2\.dat$/m,
        /^d \/notes$/m,
        /^moved +\/raw -> \/archive\/$/m,
        /^created +\/notes\/tomorrow\.txt$/m,
        /^rule /m,
        /^precision +100 %$/m,
        /^\/archive\/run-3\.dat$/m,
        /The end\n$/,
      ]) {
        expect(stdout, said).toMatch(words);
      }
    },
    WITHIN_MS + 60_000,
  );
});

/** A copy in which nothing that is done is done to this checkout; what npm installed is shared. */
async function copyOfCheckout(): Promise<string> {
  const clone = join(await makeFolder("clone"), "fustor");
  await cp(root, clone, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !LEFT_OUT.test(path.slice(root.length)),
  });
  const [from, to] = [join(root, "node_modules"), join(clone, "node_modules")];
  await mkdir(to);
  for (const name of await readdir(from)) {
    // Links in packages lead there by way of ours; its stamps are written anew.
    if (name.startsWith(".fustor-")) await cp(join(from, name), join(to, name));
    else await symlink(join(from, name), join(to, name));
  }
  atEndOfTest(async () => {
    for (const app of ["agent", "fusion"]) await endLeftOver(join(clone, HOME, `${app}.pid`));
  });
  return clone;
}

/** A failed run may leave them behind; the program above them ends with them. */
async function endLeftOver(pidFile: string): Promise<void> {
  const text = await readFile(pidFile, "utf8").catch(() => undefined);
  if (text === undefined) return;
  try {
    process.kill((JSON.parse(text) as { readonly pid: number }).pid, "SIGKILL");
  } catch {
    // Gone meanwhile.
  }
}

/** The commands for a shell, block by block. */
function shellBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text = ""]) => text);
}
