import type { SourceDriver } from "../drivers.js";
import type { Logger } from "../logger.js";
import { interruptible } from "./abortable.js";
import { Bell } from "./bell.js";
import type { Project } from "./projection.js";
import type { ScanQueue } from "./scan-queue.js";
import { withAbort } from "./with-abort.js";

export interface ProberOptions {
  readonly pipeId: string;
  readonly source: SourceDriver;
  readonly queue: ScanQueue;
  readonly project: Project;
  readonly logger: Logger;
}

/** Keys that wait. What finds no room is asked for again while it is in doubt. */
const KEYS_MAX = 10_000;

/**
 * Looks where the receiver is in doubt, as long as the pipe leads. Runs beside the walks, and shares
 * their stream. Nothing is tried again here: a doubt that stays unanswered comes back.
 */
export class Prober {
  readonly #options: ProberOptions;
  readonly #bell = new Bell();
  #keys = new Set<string>();
  #current: AbortController | undefined;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  ask(keys: readonly string[]): void {
    if (this.#options.source.probe === undefined) return;
    for (const key of keys) {
      if (this.#keys.size >= KEYS_MAX) break;
      this.#keys.add(key);
    }
    this.#bell.ring();
  }

  /** Ends the looks that are under way, and forgets those that wait. */
  stepDown(): void {
    this.#keys.clear();
    this.#current?.abort();
  }

  /** Ends only by the signal's reason. */
  async run(signal: AbortSignal): Promise<never> {
    for (;;) {
      await this.#bell.until(() => this.#keys.size > 0, signal);
      signal.throwIfAborted();
      const keys = [...this.#keys];
      this.#keys = new Set();
      await withAbort(signal, async (abort) => {
        this.#current = abort;
        await this.#probe(keys, abort.signal);
        this.#current = undefined;
      });
    }
  }

  async #probe(keys: readonly string[], signal: AbortSignal): Promise<void> {
    const { source, queue, project, logger, pipeId } = this.#options;
    const answers = source.probe?.(keys, signal);
    if (answers === undefined) return;
    try {
      for await (const message of interruptible(answers, signal)) {
        await queue.push(project(message), signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ pipe: pipeId, keys: keys.length, err: error }, "probe failed");
    }
  }
}
