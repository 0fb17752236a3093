import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { FustorError, type Clock } from "@fustor/core";
import type { Disk } from "./disk.js";
import { renewIncarnation } from "./incarnation.js";
import { takeLease } from "./lease.js";
import { nodeDisk } from "./node-disk.js";
import { firstSeqOf } from "./segment.js";
import { isRefusal } from "./storage-errors.js";

const PARTS = ["checkpoints", "log"] as const;
/** The end of the name of what is not copied whole yet. */
const UNFINISHED = ".unfinished";
/** A running Fusion may cut its log while it is copied, but not time and again. */
const TRIES = 5;

/**
 * Copies a state into a new folder, as of some moment while this runs; the Fusion that uses it need
 * not stop. Throws `USAGE` where there is no state, or the folder is there already.
 */
export async function backUpState(
  state: string,
  target: string,
  disk: Disk = nodeDisk,
): Promise<void> {
  if (!(await has(disk, state, "log"))) {
    throw new FustorError("USAGE", `There is no state in ${state}. Name the home with --home.`);
  }
  const { dir, name } = { dir: dirname(resolve(target)), name: basename(target) };
  if (await has(disk, dir, name)) {
    throw new FustorError("USAGE", `${target} is there already. Name a folder that is not.`);
  }
  // What breaks off must not be taken for a backup.
  const draft = `${resolve(target)}${UNFINISHED}`;
  for (let tried = 1; ; tried += 1) {
    try {
      await copyState(disk, state, (part) => join(draft, part));
      break;
    } catch (error) {
      if (tried < TRIES && wasCut(error)) continue;
      throw isRefusal(error) ? copyRefused(draft, error) : error;
    }
  }
  await disk.rename(draft, target);
  await disk.syncFolder(dir);
}

/**
 * Puts a backup in the place of a state, which is kept beside it. Every agent looks at everything
 * again, for what it was told since is not in the backup.
 *
 * Throws `HOME_IN_USE` while a Fusion uses the state, and `USAGE` for what is no backup.
 */
export async function restoreState(
  state: string,
  backup: string,
  { clock, disk = nodeDisk }: { readonly clock: Clock; readonly disk?: Disk },
): Promise<void> {
  const isWithin = `${await realpath(backup).catch(() => backup)}/`.startsWith(
    `${await realpath(state).catch(() => state)}/`,
  );
  if (isWithin || backup.endsWith(UNFINISHED) || !(await has(disk, backup, "log"))) {
    throw new FustorError("USAGE", `${backup} holds no backup of a state.`);
  }
  await disk.makeFolder(state);
  const lease = await takeLease(state, clock);
  try {
    // First, so that a disk without room changes nothing.
    await copyState(disk, backup, (part) => join(state, `${part}${UNFINISHED}`)).catch(
      (error: unknown) => {
        throw isRefusal(error) ? copyRefused(state, error) : error;
      },
    );
    const old = join(state, `before-restore-${String(Math.round(clock.now()))}`);
    // From here on a start that finds only half of it heals it.
    await renewIncarnation(disk, state);
    await disk.makeFolder(old);
    for (const part of PARTS) {
      if (await has(disk, state, part)) await disk.rename(join(state, part), join(old, part));
      await disk.rename(join(state, `${part}${UNFINISHED}`), join(state, part));
    }
    await disk.syncFolder(state);
  } finally {
    await lease.release();
  }
}

/** Checkpoints first: the log that is there afterwards goes on from them. */
async function copyState(
  disk: Disk,
  from: string,
  to: (part: (typeof PARTS)[number]) => string,
): Promise<void> {
  for (const part of PARTS) await disk.makeFolder(to(part));
  const checkpoints = (await disk.list(join(from, "checkpoints")).catch(() => []))
    .filter((name) => name.endsWith(".checkpoint"))
    .sort();
  await copyFiles(disk, join(from, "checkpoints"), to("checkpoints"), checkpoints);
  const segments = (await disk.list(join(from, "log")))
    .filter((name) => firstSeqOf(name) !== undefined)
    .sort();
  const newest = parseInt(checkpoints.at(-1) ?? "0", 10);
  const first = firstSeqOf(segments[0] ?? "") ?? 1;
  if (first > newest + 1) throw Object.assign(new Error("the log was cut"), { code: "ENOENT" });
  await copyFiles(disk, join(from, "log"), to("log"), segments);
}

async function copyFiles(
  disk: Disk,
  from: string,
  to: string,
  names: readonly string[],
): Promise<void> {
  for (const name of await disk.list(to)) await disk.remove(join(to, name));
  for (const name of names) {
    const file = await disk.create(join(to, name));
    try {
      for await (const piece of disk.stream(join(from, name))) await file.append([piece]);
      await file.sync();
    } finally {
      await file.close();
    }
  }
  await disk.syncFolder(to);
}

async function has(disk: Disk, folder: string, name: string): Promise<boolean> {
  return (await disk.list(folder).catch((): string[] => [])).includes(name);
}

function copyRefused(folder: string, cause: NodeJS.ErrnoException): FustorError {
  return new FustorError(
    "STORAGE_FAILED",
    `The copy into ${folder} broke off (${cause.code ?? cause.message}). Make room there, or let this ` +
      `user write, and do it again; what ends in ${UNFINISHED} can be removed.`,
    { cause },
  );
}

function wasCut(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
