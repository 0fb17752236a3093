import { homeUnusable, writeHomeFile } from "@fustor/core/host";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

/** The configurations of `fustor up` have a folder of their own, apart from a user's. */
export async function prepareUpFolder(home: string): Promise<string> {
  const folder = join(home, "up");
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw homeUnusable(home, error);
  }
  return folder;
}

/** One view that one pipe feeds, both named `view`. Returns the file. */
export async function writeFusionConfig(home: string, view: string): Promise<string> {
  return writeConfig(
    home,
    "fusion-config.yaml",
    `views:
  - id: ${quote(view)}
    type: fs
pipes:
  - id: ${quote(view)}
    view_ids: [${quote(view)}]
`,
  );
}

/** One pipe from `dir` to the Fusion at `endpoint`. Returns the file. */
export async function writeAgentConfig(
  home: string,
  options: { readonly dir: string; readonly endpoint: string; readonly keyFile: string },
): Promise<string> {
  const { dir, endpoint, keyFile } = options;
  return writeConfig(
    home,
    "agent-config.yaml",
    `sources:
  - id: files
    type: fs
    config:
      uri: ${quote(dir)}
senders:
  - id: to-fusion
    type: fusion
    config:
      endpoint: ${quote(endpoint)}
      credential: ${quote(`file:${keyFile}`)}
pipes:
  - id: files-to-fusion
    source_id: files
    sender_id: to-fusion
`,
  );
}

async function writeConfig(home: string, name: string, text: string): Promise<string> {
  await prepareUpFolder(home);
  return writeHomeFile(home, join("up", name), `# Written by fustor up at every start.\n${text}`);
}

/** JSON's strings are YAML's, too. */
function quote(text: string): string {
  return JSON.stringify(text);
}
