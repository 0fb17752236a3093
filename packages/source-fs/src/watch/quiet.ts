/** A directory is listed this long after the last thing that happened in it ... */
const QUIET_MS = 300;
/** ... or this long after the first, if it never gets quiet. */
const PATIENCE_MS = 3000;
const SWEEP_MS = 100;

/** Directories in which something happened, waiting for quiet. */
export class Quiet {
  readonly #directories = new Map<string, { readonly firstAt: number; lastAt: number }>();
  #sweptAt = 0;

  touch(directory: string, now: number): void {
    const times = this.#directories.get(directory);
    if (times === undefined) this.#directories.set(directory, { firstAt: now, lastAt: now });
    else times.lastAt = now;
  }

  get size(): number {
    return this.#directories.size;
  }

  clear(): void {
    this.#directories.clear();
  }

  /** When to `take` again. */
  nextAt(): number | undefined {
    return this.#directories.size === 0 ? undefined : this.#sweptAt + SWEEP_MS;
  }

  /** Takes all whose time has come. */
  take(now: number): string[] {
    if (now - this.#sweptAt < SWEEP_MS) return [];
    this.#sweptAt = now;
    const due: string[] = [];
    for (const [directory, { firstAt, lastAt }] of this.#directories) {
      if (now - lastAt < QUIET_MS && now - firstAt < PATIENCE_MS) continue;
      this.#directories.delete(directory);
      due.push(directory);
    }
    return due;
  }
}
