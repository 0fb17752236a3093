const TASKS_MAX = 10_000;

/** One run of one agent's pipe. */
export interface Boot {
  readonly taskId: string;
  readonly bootId: string;
}

/**
 * The clock offset (our time minus theirs, ms) of the newest boot of each task: the smallest that
 * was seen, because delay only ever makes it larger.
 */
export class BootOffsets {
  readonly #known = new Map<string, { readonly bootId: string; readonly offsetMs: number }>();

  /** Takes note of an offset that was seen and returns the one to go by. */
  see(boot: Boot, seenMs: number): number {
    const known = this.#known.get(boot.taskId);
    const offsetMs = known?.bootId === boot.bootId ? Math.min(known.offsetMs, seenMs) : seenMs;
    this.replace(boot, offsetMs);
    return offsetMs;
  }

  get state(): readonly (readonly [taskId: string, bootId: string, offsetMs: number])[] {
    return [...this.#known].map(([taskId, { bootId, offsetMs }]) => [taskId, bootId, offsetMs]);
  }

  restore(state: BootOffsets["state"]): void {
    for (const [taskId, bootId, offsetMs] of state) this.replace({ taskId, bootId }, offsetMs);
  }

  /** What was known of the boot is not true any more. */
  replace({ taskId, bootId }: Boot, offsetMs: number): void {
    this.#known.delete(taskId);
    this.#known.set(taskId, { bootId, offsetMs });
    const [oldest] = this.#known.keys();
    if (this.#known.size > TASKS_MAX && oldest !== undefined) this.#known.delete(oldest);
  }
}
