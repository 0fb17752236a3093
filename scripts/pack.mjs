/**
 * `node scripts/pack.mjs DIR`: packs every package that is released, as it would be released, into
 * DIR and prints one line of JSON for each: `{"name", "folder", "tarball"}`. Build first.
 */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findPnpm } from "./pnpm.mjs";
import { root } from "./setup.mjs";

const exec = promisify(execFile);

/** The manifests of all packages in the workspace's folders, each with its `folder`. */
export function workspacePackages(groups = ["packages", "apps", "examples"]) {
  return groups.flatMap((group) =>
    readdirSync(join(root, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => {
        const folder = join(root, group, entry.name);
        return { folder, ...JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) };
      }),
  );
}

/** Packs one package into `to` and returns the path of the tarball. */
export async function pack(folder, to) {
  mkdirSync(to, { recursive: true });
  const args = ["pack", "--json", "--pack-destination", to];
  const { stdout } = await exec(await findPnpm(), args, { cwd: folder });
  const { filename } = JSON.parse(stdout);
  return resolve(folder, filename);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [to, ...folders] = process.argv.slice(2);
  if (to === undefined) {
    process.stderr.write("Say where to: node scripts/pack.mjs DIR [FOLDER...]\n");
    process.exit(2);
  }
  const wanted = folders.map((folder) => resolve(folder));
  const chosen = workspacePackages().filter((each) =>
    wanted.length === 0 ? each.private !== true : wanted.includes(each.folder),
  );
  for (const { name, folder } of chosen) {
    const tarball = await pack(folder, resolve(to));
    process.stdout.write(`${JSON.stringify({ name, folder, tarball })}\n`);
  }
}
