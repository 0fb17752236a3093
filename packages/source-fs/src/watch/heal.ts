import type { Message } from "@fustor/core";
import type { Place } from "../listing.js";
import { walk, type WalkHooks } from "../walk.js";
import type { Losses } from "./losses.js";

/** Walks everything after events were lost: one walk under way, and one wanted, at most. */
export class Heal {
  readonly #place: Place;
  readonly #losses: Losses;
  readonly #hooks: WalkHooks;
  #walk: AsyncGenerator<Message, unknown> | undefined;
  #done = 0;

  constructor(place: Place, losses: Losses, hooks: WalkHooks) {
    this.#place = place;
    this.#losses = losses;
    this.#hooks = hooks;
  }

  /** Walks that came to their end. */
  get done(): number {
    return this.#done;
  }

  /** When `step` has something to do. */
  nextAt(): number | undefined {
    return this.#walk === undefined ? this.#losses.nextAt() : 0;
  }

  /** The next message of the walk under way, or of the one that is due. */
  async step(now: number, signal: AbortSignal): Promise<Message | undefined> {
    if (this.#walk === undefined) {
      if (!this.#losses.takeWalk(now)) return undefined;
      const options = { source: "on_demand", rounds: false, ...this.#hooks } as const;
      this.#walk = walk(this.#place, "/", options, signal);
    }
    const { value, done } = await this.#walk.next();
    if (done !== true) return value;
    this.#walk = undefined;
    this.#done += 1;
    return undefined;
  }

  async close(): Promise<void> {
    await this.#walk?.return(undefined);
  }
}
