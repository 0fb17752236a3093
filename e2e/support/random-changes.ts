import {
  appendFile,
  chmod,
  link,
  mkdir,
  readdir,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Chance } from "@fustor/testkit";
import { Busy } from "./busy.js";

export interface RandomChangesOptions {
  /** The longest pause between two bursts. */
  readonly pauseMs?: number;
  /** So many names in a folder: few, so that they are used again and again. */
  readonly names?: number;
}

/** How deep folders lie in each other. */
const DEPTH_MAX = 5;
/** A pause after so many changes lets others have the machine. */
const CHANGES_A_BURST = 20;

/** Somebody who does everything that can be done to a tree, by chance, until told to stop. */
export class RandomChanges extends Busy {
  readonly #dir: string;
  readonly #chance: Chance;
  readonly #pauseMs: number;
  readonly #names: number;
  #count = 0;

  constructor(
    dir: string,
    chance: Chance,
    { pauseMs = 100, names = 14 }: RandomChangesOptions = {},
  ) {
    super();
    this.#dir = dir;
    this.#chance = chance;
    this.#pauseMs = pauseMs;
    this.#names = names;
  }

  /** How many changes there have been. */
  get count(): number {
    return this.#count;
  }

  /** One burst of changes, and the pause behind it. */
  protected override async doOne(): Promise<void> {
    for (let left = 1 + this.#chance.below(CHANGES_A_BURST); left > 0; left -= 1) {
      await this.#change().catch(ignoreCollision);
      this.#count += 1;
      await nextTurn();
    }
    await sleep(this.#chance.below(this.#pauseMs));
  }

  async #change(): Promise<unknown> {
    const chance = this.#chance;
    const folder = await this.#folder();
    const path = join(folder, this.#name());
    const act = chance.below(100);
    if (act < 25) return writeFile(path, "x".repeat(chance.below(3_000)));
    if (act < 35) return appendFile(path, "more");
    if (act < 40) return truncate(path, chance.below(500));
    if (act < 50) return mkdir(join(path, this.#name(), this.#name()), { recursive: true });
    if (act < 65) return rename(path, join(await this.#folder(), this.#name()));
    if (act < 75) return rm(path);
    if (act < 80) return rm(path, { recursive: true, force: true });
    if (act < 85) return link(path, join(await this.#folder(), this.#name()));
    if (act < 88) return symlink("somewhere", path);
    if (act < 92) return utimes(path, chance.below(2_000_000_000), chance.below(2_000_000_000));
    if (act < 95) return chmod(path, 0o700 + chance.below(64));
    // As editors write, and as `mv a b; mv c a` does.
    await writeFile(`${path}.new`, "x".repeat(chance.below(3_000)));
    return rename(`${path}.new`, path);
  }

  /** One that is there, by a walk of chance from the root. */
  async #folder(): Promise<string> {
    let at = this.#dir;
    for (let depth = 0; depth < DEPTH_MAX && this.#chance.often(0.7); depth += 1) {
      const entries = await readdir(at, { withFileTypes: true }).catch(() => []);
      const folders = entries.filter((each) => each.isDirectory());
      if (folders.length === 0) break;
      at = join(at, folders[this.#chance.below(folders.length)]?.name ?? "");
    }
    return at;
  }

  #name(): string {
    return `n${String(this.#chance.below(this.#names))}`;
  }
}

/** What chance proposes is often not possible. */
function ignoreCollision(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
}
