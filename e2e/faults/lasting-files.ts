import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Busy } from "../support/busy.js";

/** So many stay; the oldest goes when one more comes, so that a tree does not grow with the time. */
const FILES_MAX = 100;
const PAUSE_MS = 30;

/**
 * Somebody who makes empty files of ever new names and lets them be: what was acknowledged of such
 * a name is never in doubt.
 */
export class LastingFiles extends Busy {
  readonly #dir: string;
  #count = 0;

  private constructor(dir: string) {
    super();
    this.#dir = dir;
  }

  /** The folder must not be there. */
  static async in(dir: string): Promise<LastingFiles> {
    await mkdir(dir);
    return new LastingFiles(dir);
  }

  protected override async doOne(): Promise<void> {
    await writeFile(this.#file(this.#count), "", { flag: "wx" });
    if (this.#count >= FILES_MAX) await rm(this.#file(this.#count - FILES_MAX));
    this.#count += 1;
    await sleep(PAUSE_MS);
  }

  #file(number: number): string {
    return join(this.#dir, `f${String(number)}`);
  }
}
