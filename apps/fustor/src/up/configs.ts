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
  await prepareUpFolder(home);
  return writeHomeFile(
    home,
    join("up", "fusion-config.yaml"),
    `# Written by fustor up at every start.
views:
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
  await prepareUpFolder(home);
  return writeHomeFile(
    home,
    join("up", "agent-config.yaml"),
    `# Written by fustor up at every start.
sources:
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

/** JSON's strings are YAML's, too. */
function quote(text: string): string {
  return JSON.stringify(text);
}
