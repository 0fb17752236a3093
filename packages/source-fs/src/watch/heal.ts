import type { Message } from "@fustor/core";
import type { Place } from "../listing.js";
import { walk, type WalkHooks } from "../walk.js";
import type { Agenda } from "./agenda.js";

/** Walks everything after events were lost: one walk under way, and one wanted, at most. */
export class Heal {
  readonly #place: Place;
  readonly #agenda: Pick<Agenda, "losses" | "lately">;
  readonly #hooks: WalkHooks;
  #walk: AsyncGenerator<Message, unknown> | undefined;
  #ended = (): void => undefined;
  #done = 0;

  constructor(place: Place, agenda: Pick<Agenda, "losses" | "lately">, hooks: WalkHooks) {
    this.#place = place;
    this.#agenda = agenda;
    this.#hooks = hooks;
  }

  /** Walks that came to their end. */
  get done(): number {
    return this.#done;
  }

  /** When `step` has something to do. */
  nextAt(): number | undefined {
    return this.#walk === undefined ? this.#agenda.losses.nextAt() : 0;
  }

  /** The next message of the walk under way, or of the one that is due. */
  async step(now: number, signal: AbortSignal): Promise<Message | undefined> {
    if (this.#walk === undefined) {
      if (!this.#agenda.losses.takeWalk(now)) return undefined;
      this.#ended = this.#agenda.lately.beginWalk();
      const options = { source: "on_demand", rounds: false, ...this.#hooks } as const;
      this.#walk = walk(this.#place, "/", options, signal);
    }
    const { value, done } = await this.#walk.next();
    if (done !== true) return value;
    this.#walk = undefined;
    this.#ended();
    this.#done += 1;
    return undefined;
  }

  async close(): Promise<void> {
    await this.#walk?.return(undefined);
  }
}
