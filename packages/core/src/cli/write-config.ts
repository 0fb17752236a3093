import { open, rm } from "node:fs/promises";
import { FustorError } from "../errors.js";
import { homeUnusable, prepareHome } from "../host/home.js";
import type { Places } from "../host/places.js";

/**
 * Writes a new configuration file, for its user alone. Throws `USAGE` when there is one: what
 * somebody wrote is never written over.
 */
export async function writeNewConfig(
  { home, configFile, configNamed }: Places,
  text: string,
): Promise<void> {
  if (!configNamed) await prepareHome(home);
  try {
    await writeNew(configFile, text);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw homeUnusable(configFile, cause);
    throw new FustorError(
      "USAGE",
      `${configFile} is there already and stays as it is. Edit it, move it away, or name ` +
        "another file by --config.",
      { cause },
    );
  }
}

/** Leaves nothing behind when the disk refuses: half a file would be in the way of the next try. */
async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
  } catch (cause) {
    await rm(path, { force: true });
    throw cause;
  } finally {
    await file.close();
  }
}
