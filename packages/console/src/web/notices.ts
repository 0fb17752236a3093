import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

/**
 * Writes `THIRD_PARTY_NOTICES.txt`: name, version, licence and licence text of each package whose
 * code is in the bundle. Fails the build for one that brings no licence text.
 */
export function thirdPartyNotices(): Plugin {
  return {
    name: "third-party-notices",
    generateBundle(_options, bundle) {
      const folders = new Set<string>();
      for (const output of Object.values(bundle)) {
        if (output.type !== "chunk") continue;
        for (const id of output.moduleIds) {
          const folder = packageOf(id);
          if (folder !== undefined) folders.add(folder);
        }
      }
      const notices = [...folders]
        .sort()
        .map(noticeOf)
        .join(`\n${"-".repeat(78)}\n\n`);
      const head = "The scripts in this folder contain code of these packages.\n\n";
      this.emitFile({
        type: "asset",
        fileName: "THIRD_PARTY_NOTICES.txt",
        source: head + notices,
      });
    },
  };
}

/** The folder of the installed package that a module is of; undefined for our own code. */
function packageOf(moduleId: string): string | undefined {
  const path = moduleId.replace(/^\0/, "").split("?")[0] ?? "";
  if (!path.includes("/node_modules/")) return undefined;
  let folder = dirname(path);
  while (!isPackage(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** Folders inside a package may have a package.json that only says which kind of modules it holds. */
function isPackage(file: string): boolean {
  return existsSync(file) && readManifest(file).version !== undefined;
}

function noticeOf(folder: string): string {
  const { name = "", version = "", license = "" } = readManifest(join(folder, "package.json"));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) throw new Error(`${name} brings no licence text: ${folder}`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, "utf8")) as Manifest;
}
