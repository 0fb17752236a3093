import { writeHomeFile } from "@fustor/core/host";
import { opendir, readFile, realpath, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const FILE = join("up", "folder.json");
/** What Fusion knows of the folder; who did what, and the keys, stay. */
const KNOWLEDGE = [join("state", "log"), join("state", "checkpoints")];

/** A folder as it can be told from another one at its path, e.g. after it was removed and made anew. */
interface Folder {
  readonly path: string;
  readonly ino: string;
  /** When it was made, in nanoseconds since 1970; 0 where the file system does not keep it. */
  readonly born: string;
}

/**
 * A pair shows the folder that it was started on. What it knows of another one, from the last time,
 * goes before Fusion starts: else that would be shown, and the agent refused. Says in words what the
 * former folder was when that happened.
 *
 * An empty folder at the same path may be where the former one was mounted: nothing is forgotten for
 * it. A home with a `fusion-config.yaml` of its own is left alone: its Fusion serves more than the pair.
 */
export async function forgetFormerFolder(home: string, dir: string): Promise<string | undefined> {
  const { ino, birthtimeNs } = await stat(dir, { bigint: true });
  const folder: Folder = {
    path: await realpath(dir),
    ino: String(ino),
    born: String(birthtimeNs),
  };
  const former = await readFormer(home);
  const isOther = former !== undefined && JSON.stringify(former) !== JSON.stringify(folder);
  if (isOther && former.path === folder.path && (await isEmpty(dir))) return undefined;
  const forgets = isOther && !(await exists(join(home, "fusion-config.yaml")));
  if (forgets) {
    for (const name of KNOWLEDGE) await rm(join(home, name), { recursive: true, force: true });
  }
  if (isOther || former === undefined) {
    await writeHomeFile(home, FILE, `${JSON.stringify(folder)}\n`);
  }
  if (!forgets) return undefined;
  return former.path === folder.path ? "another one at this path" : former.path;
}

async function readFormer(home: string): Promise<Folder | undefined> {
  try {
    const { path, ino, born } = JSON.parse(await readFile(join(home, FILE), "utf8")) as Folder;
    return { path, ino, born };
  } catch {
    // The first time; or torn, which is as good as nothing.
    return undefined;
  }
}

async function isEmpty(dir: string): Promise<boolean> {
  const directory = await opendir(dir);
  try {
    return (await directory.read()) === null;
  } finally {
    await directory.close();
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
