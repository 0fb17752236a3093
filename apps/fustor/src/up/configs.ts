import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The configurations of `fustor up` have a folder of their own, apart from a user's. */
export async function prepareUpFolder(home: string): Promise<string> {
  const folder = join(home, "up");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** One view that one pipe feeds, both named `view`. Returns the file. */
export async function writeFusionConfig(home: string, view: string): Promise<string> {
  const file = join(await prepareUpFolder(home), "fusion-config.yaml");
  await writeFile(
    file,
    `# Written by fustor up at every start.
views:
  - id: ${quote(view)}
    type: fs
pipes:
  - id: ${quote(view)}
    view_ids: [${quote(view)}]
`,
    { mode: 0o600 },
  );
  return file;
}

/** One pipe from `dir` to the Fusion at `endpoint`. Returns the file. */
export async function writeAgentConfig(
  home: string,
  options: { readonly dir: string; readonly endpoint: string; readonly keyFile: string },
): Promise<string> {
  const { dir, endpoint, keyFile } = options;
  const file = join(await prepareUpFolder(home), "agent-config.yaml");
  await writeFile(
    file,
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
    { mode: 0o600 },
  );
  return file;
}

/** JSON's strings are YAML's, too. */
function quote(text: string): string {
  return JSON.stringify(text);
}
