import type { Message } from "@fustor/core";
import type { Place } from "../listing.js";
import { walk, type WalkOptions } from "../walk.js";

/** The walk begins when events were not lost again for this long ... */
const CALM_MS = 250;
/** ... or this long after the first loss. */
const CALM_MAX_MS = 5000;

/** Walks everything after events were lost: one walk under way, and one wanted, at most. */
export class Heal {
  readonly #place: Place;
  readonly #hooks: Pick<WalkOptions, "enter" | "unfinished" | "visited">;
  #wanted: { at: number; readonly latestAt: number } | undefined;
  #walk: AsyncGenerator<Message, unknown> | undefined;
  #done = 0;

  constructor(place: Place, hooks: Pick<WalkOptions, "enter" | "unfinished" | "visited">) {
    this.#place = place;
    this.#hooks = hooks;
  }

  /** Walks that came to their end. */
  get done(): number {
    return this.#done;
  }

  /** A walk is wanted that has not begun: what is lost now is made good by it too. */
  get isWanted(): boolean {
    return this.#wanted !== undefined;
  }

  get isUnderWay(): boolean {
    return this.#walk !== undefined;
  }

  /** Asks for a walk that begins after now, as soon as it is calm. */
  want(now: number): void {
    this.#wanted ??= { at: now, latestAt: now + CALM_MAX_MS };
    this.#wanted.at = Math.min(now + CALM_MS, this.#wanted.latestAt);
  }

  /** When `step` has something to do. */
  nextAt(): number {
    if (this.#walk !== undefined) return 0;
    return this.#wanted?.at ?? Infinity;
  }

  /** The next message of the walk under way, or of the one that is due. */
  async step(now: number, signal: AbortSignal): Promise<Message | undefined> {
    if (this.#walk === undefined) {
      if (this.#wanted === undefined || now < this.#wanted.at) return undefined;
      this.#wanted = undefined;
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
