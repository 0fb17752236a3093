import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { homeUnusable } from "./home.js";

/**
 * Replaces the file `name` in the home as a whole: a reader sees the old or the new content, and
 * when the disk refuses, the old one stays and no draft is left behind. Returns the file's path.
 *
 * Throws `HOME_UNUSABLE`.
 */
export async function writeHomeFile(
  home: string,
  name: string,
  content: string,
  mode = 0o600,
): Promise<string> {
  const file = join(home, name);
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, content, { mode, flag: "wx" });
    await rename(draft, file);
    return file;
  } catch (cause) {
    await rm(draft, { force: true });
    throw homeUnusable(home, cause);
  }
}

/** About what the largest of our small files needs. */
const PROBE_BYTES = 4_096;

/** Writes a file into the home and removes it: a full disk shows only then. Throws `HOME_UNUSABLE`. */
export async function probeHome(home: string): Promise<void> {
  await rm(await writeHomeFile(home, `probe.${randomUUID()}`, " ".repeat(PROBE_BYTES)));
}
