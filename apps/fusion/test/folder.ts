import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder of the running test's own, gone when the test ends. */
export async function createFolder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "fustor-fusion-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** A view driver that is a single file; only its schema is ever used. */
export const VIEW = `
export default {
  apiVersion: 1,
  kind: "view",
  name: "counts",
  configSchema: {
    type: "object",
    additionalProperties: false,
    properties: { keep_sec: { type: "integer", minimum: 1, default: 60 } },
  },
  create: () => { throw new Error("no view is made here"); },
};
`;
