import type { Chance } from "./chance.js";
import type { Strikes } from "./strikes.js";
import type { Timeline } from "./timeline.js";

const TIMEOUT_MS = 3_000;

/** One agent's way to Fusion: late, lossy, at times twice, at times not at all. */
export class Link {
  /** Nothing passes before this. */
  cutUntil = 0;
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #strikes: Strikes;
  readonly #slow: number;

  constructor(timeline: Timeline, chance: Chance, strikes: Strikes, slow: number) {
    this.#timeline = timeline;
    this.#chance = chance;
    this.#strikes = strikes;
    this.#slow = slow;
  }

  get isCut(): boolean {
    return this.#timeline.now < this.cutUntil;
  }

  /** `answer` gets undefined when no reply came back, whether or not `ask` was heard. */
  call<T>(ask: () => T, answer: (reply: T | undefined) => void): void {
    const chance = this.#chance;
    const fail = (): void => {
      this.#timeline.after(TIMEOUT_MS, () => {
        answer(undefined);
      });
    };
    if (chance.often(0.02)) {
      this.#strikes.add("request dropped");
      fail();
      return;
    }
    this.#timeline.after(this.#delay(), () => {
      if (this.isCut) {
        fail();
        return;
      }
      const reply = ask();
      if (chance.often(0.03)) {
        this.#strikes.add("request doubled");
        this.#timeline.after(chance.between(0, 5_000), () => void ask());
      }
      if (chance.often(0.02)) {
        this.#strikes.add("reply dropped");
        fail();
        return;
      }
      this.#timeline.after(this.#delay(), () => {
        if (!this.isCut) answer(reply);
        else fail();
      });
    });
  }

  #delay(): number {
    const chance = this.#chance;
    if (chance.often(0.9)) return chance.between(1, 100) * this.#slow;
    this.#strikes.add("delay");
    return chance.between(100, chance.often(0.1) ? 15_000 : 2_500) * this.#slow;
  }
}
