import { access, constants, mkdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { FustorError } from "../errors.js";

/** The folder that holds everything that is ours: `FUSTOR_HOME`, or `.fustor` in the user's. */
export function resolveHome(env: NodeJS.ProcessEnv): string {
  const { FUSTOR_HOME: home = "", HOME: userHome = "" } = env as Record<string, string | undefined>;
  if (home !== "") return resolve(home);
  return join(userHome === "" ? homedir() : userHome, ".fustor");
}

/**
 * Makes sure that the home is there and can be written. A new one is for its user alone (0700); the
 * mode of one that exists is left as it is, since the folder may serve others too.
 *
 * Throws `HOME_UNUSABLE`.
 */
export async function prepareHome(home: string): Promise<void> {
  try {
    await makeFolder(home);
    if (!(await stat(home)).isDirectory()) throw Object.assign(new Error(), { code: "ENOTDIR" });
    await access(home, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw homeUnusable(home, cause);
  }
}

/** Unlike `recursive`, which tries for ever where the system lets nobody make a folder (automounts). */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    const parent = dirname(folder);
    if (code !== "ENOENT" || (await exists(parent))) throw error;
    await makeFolder(parent);
    await mkdir(folder, { mode: 0o700 });
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Words what the system said about a file in the home. */
export function homeUnusable(home: string, cause: unknown): FustorError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException;
  return new FustorError(
    "HOME_UNUSABLE",
    `Cannot use ${home} as home: ${REASONS[code] ?? otherReason(code)}, or set FUSTOR_HOME to another folder.`,
    { cause },
  );
}

function otherReason(code: string): string {
  return `the system refused with ${code}. Look at the disk that it is on`;
}

const REASONS: Record<string, string | undefined> = {
  EACCES: "this user may not write there. Change its owner or mode",
  EPERM: "this user may not write there. Change its owner or mode",
  EROFS: "its file system is read-only. Mount it writable",
  ENOSPC: "its file system is full. Free some space",
  EDQUOT: "the disk quota of this user is used up. Free some space",
  ENOENT: "no folder can be made there. Correct the path",
  EISDIR: "a folder stands there where a file of ours belongs. Remove that folder",
  EEXIST: "it, or a part of its path, is a file. Remove that file",
  ENOTDIR: "it, or a part of its path, is a file. Remove that file",
};
