import { randomUUID } from "node:crypto";
import { readlink, rename, rm, symlink } from "node:fs/promises";
import { FustorError } from "../errors.js";
import type { Clock } from "../time.js";
import { identify, isAlive } from "./process-identity.js";

const POLL_MS = 10;
const WAIT_MS_MAX = 5_000;

/**
 * Runs `work` while nobody else on this machine runs theirs under the same `file`.
 *
 * Meant for moments: who finds the turn taken waits. The turn of a process that died is taken
 * over. Throws `HOME_IN_USE` when the others do not end, and whatever `work` or the disk throws.
 */
export async function withTurn<Result>(
  file: string,
  clock: Clock,
  work: () => Promise<Result>,
): Promise<Result> {
  const until = clock.now() + WAIT_MS_MAX;
  while (!(await tryTake(file))) {
    if (clock.now() > until) {
      throw new FustorError("HOME_IN_USE", `Another start holds ${file}. Try again in a moment.`);
    }
    await clock.sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/** A symbolic link appears at once with all it says, and only where nothing was. */
async function tryTake(file: string): Promise<boolean> {
  const { pid, startTicks = "" } = identify(process.pid) ?? { pid: process.pid };
  try {
    await symlink(`${String(pid)}:${startTicks}`, file);
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    await removeIfDead(file);
    return false;
  }
}

async function removeIfDead(file: string): Promise<void> {
  const holder = await readHolder(file);
  if (holder === undefined || isHolderAlive(holder)) return;
  // Moved aside first: of several that saw the dead holder only one moves it, and whoever moved a
  // newer one instead sees that and puts it back.
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
    const moved = await readHolder(aside);
    if (moved !== undefined && moved !== holder) await symlink(moved, file);
  } catch (error) {
    const code = codeOf(error);
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function readHolder(file: string): Promise<string | undefined> {
  try {
    return await readlink(file);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function isHolderAlive(holder: string): boolean {
  const [pid = "", startTicks = ""] = holder.split(":");
  return isAlive({ pid: Number(pid), startTicks: startTicks === "" ? undefined : startTicks });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
