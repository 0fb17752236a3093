import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atEndOfTest, type AtEnd } from "./at-end.js";

export interface FolderOptions {
  /** Default: the system's place for such. */
  readonly parent?: string;
  /** Default: the folder is gone when the test ends. */
  readonly atEnd?: AtEnd;
}

/** A new folder for whoever asks. */
export async function makeFolder(purpose: string, options: FolderOptions = {}): Promise<string> {
  const { parent = tmpdir(), atEnd = atEndOfTest } = options;
  const path = await mkdtemp(join(parent, `fustor-e2e-${purpose}-`));
  atEnd(async () => {
    await chmod(path, 0o700).catch(() => undefined);
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  });
  return path;
}
