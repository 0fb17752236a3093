import type { Message } from "@fustor/core";
import type { Place } from "../listing.js";
import { walk, type WalkHooks } from "../walk.js";
import type { Lately } from "./lately.js";

const DIRECTORIES_MAX = 1000;

/**
 * Walks directories that can be read again, with all below: whatever was told of names there could
 * not be looked at meanwhile. One walk at a time.
 */
export class Reopened {
  readonly #place: Place;
  readonly #lately: Lately;
  readonly #hooks: WalkHooks;
  readonly #directories = new Set<string>();
  #walk: AsyncGenerator<Message, unknown> | undefined;
  #ended = (): void => undefined;

  constructor(place: Place, lately: Lately, hooks: WalkHooks) {
    this.#place = place;
    this.#lately = lately;
    this.#hooks = hooks;
  }

  /** Directories whose walk has not ended. */
  get size(): number {
    return this.#directories.size + (this.#walk === undefined ? 0 : 1);
  }

  /** Asks for a walk that begins after now. False when there are too many to know each. */
  want(directory: string): boolean {
    if (this.#directories.size >= DIRECTORIES_MAX) {
      this.#directories.clear();
      return false;
    }
    this.#directories.add(directory);
    return true;
  }

  /** The next message of the walk under way, or of the next. */
  async step(signal: AbortSignal): Promise<Message | undefined> {
    this.#walk ??= this.#begin(signal);
    if (this.#walk === undefined) return undefined;
    const { value, done } = await this.#walk.next();
    if (done !== true) return value;
    this.#walk = undefined;
    this.#ended();
    return undefined;
  }

  async close(): Promise<void> {
    await this.#walk?.return(undefined);
  }

  #begin(signal: AbortSignal): AsyncGenerator<Message, unknown> | undefined {
    for (const directory of this.#directories) {
      this.#directories.delete(directory);
      this.#ended = this.#lately.beginWalk();
      const options = { source: "on_demand", rounds: false, ...this.#hooks } as const;
      return walk(this.#place, directory, options, signal);
    }
    return undefined;
  }
}
