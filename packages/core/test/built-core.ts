import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";

const SOURCES = join(import.meta.dirname, "../src");

/**
 * Strips the types of our sources into `folder`, for tests that start real processes: Node 20 runs
 * no TypeScript. Returns the URL of the host's `name`, e.g. `daemon.js`.
 */
export async function buildCore(folder: string, name: string): Promise<string> {
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  for (const source of await readdir(SOURCES, { recursive: true })) {
    if (!source.endsWith(".ts")) continue;
    const text = await readFile(join(SOURCES, source), "utf8");
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    });
    const file = join(folder, source.replace(/\.ts$/, ".js"));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, outputText);
  }
  return pathToFileURL(join(folder, "host", name)).href;
}
