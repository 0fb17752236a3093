import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { SourceDescription } from "@fustor/core";
import { fault, fine, warning, type Finding } from "@fustor/core/cli";

/** Counting stops here: whoever has more needs no exact figure. */
const SECONDS_MAX = 5;
const NAME = "fs.inotify.max_user_watches";

export interface WatchSurroundings {
  /** Where the kernel tells of itself. */
  readonly proc: string;
  /** Tells milliseconds. */
  readonly now: () => number;
}

/** Are there watches enough for every directory of the tree? */
export async function checkWatches(
  subject: string,
  { schema, uri }: SourceDescription,
  { proc, now }: WatchSurroundings,
): Promise<readonly Finding[]> {
  if (schema !== "fs") return [];
  const watches = await readNumber(join(proc, "sys/fs/inotify/max_user_watches"));
  if (watches === undefined) return [];
  const { directories, isWhole } = await countDirectories(uri, now() + SECONDS_MAX * 1_000, now);
  const count = `${isWhole ? "" : "at least "}${String(directories)} directories`;
  const said = `${count}, and ${NAME} is ${String(watches)}`;
  if (directories <= watches * 0.8) return [fine(subject, said)];
  const wanted = 2 ** Math.ceil(Math.log2(directories * 2));
  const fix = `sudo sysctl -w ${NAME}=${String(wanted)} (and in /etc/sysctl.d to keep it)`;
  const effect =
    directories > watches
      ? "; what is not watched is looked at now and then"
      : "; it is nearly used";
  return [warning(subject, said + effect, fix)];
}

/** May this user open one more inotify instance for each source? */
export async function checkInstances(
  sources: number,
  { proc }: Pick<WatchSurroundings, "proc">,
): Promise<readonly Finding[]> {
  const subject = "inotify instances";
  const max = await readNumber(join(proc, "sys/fs/inotify/max_user_instances"));
  if (max === undefined) return [];
  const used = await countInstances(proc);
  const said = `${String(used)} of fs.inotify.max_user_instances=${String(max)} are used`;
  const fix = "sudo sysctl -w fs.inotify.max_user_instances=1024 (and in /etc/sysctl.d)";
  if (used + sources > max) return [fault(subject, `${said}, and sources need one each`, fix)];
  return [fine(subject, said)];
}

/** Breadth first, without following links, until the time is up. */
async function countDirectories(
  root: string,
  until: number,
  now: () => number,
): Promise<{ readonly directories: number; readonly isWhole: boolean }> {
  const open = [root];
  let directories = 0;
  for (let at = open.shift(); at !== undefined; at = open.shift()) {
    directories += 1;
    if (now() > until) return { directories: directories + open.length, isWhole: false };
    const entries = await readdir(at, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) if (entry.isDirectory()) open.push(join(at, entry.name));
  }
  return { directories, isWhole: true };
}

/** Of the processes into which this user may look, which are its own. */
async function countInstances(proc: string): Promise<number> {
  let instances = 0;
  for (const pid of (await readdir(proc)).filter((name) => /^\d+$/.test(name))) {
    const folder = join(proc, pid, "fd");
    for (const fd of await readdir(folder).catch(() => [])) {
      const target = await readlink(join(folder, fd)).catch(() => "");
      if (target === "anon_inode:inotify") instances += 1;
    }
  }
  return instances;
}

async function readNumber(file: string): Promise<number | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? undefined : Number(text);
}
