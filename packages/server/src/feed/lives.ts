import { randomUUID } from "node:crypto";

/** Lives before this one whose cursors are known. */
const FORMER_MAX = 16;

/** By incarnation, the revision up to which the present life goes on from a former one. */
export type FormerLives = readonly (readonly [incarnation: string, revision: number])[];

/** A life of a feed, which a start of Fusion begins. */
export interface Life {
  readonly incarnation: string;
  /** Up to it the view is what the life before made durable; below 0 when nothing of that holds. */
  readonly revision: number;
  /** Fusion time, ms. */
  readonly at: number;
  /** Called whenever the feed begins to listen; a life of which only the log tells has none. */
  readonly onWake?: () => void;
}

/** The lives of a feed: cursors of those that ended hold as far as this one goes on from them. */
export class Lives {
  #present: string = randomUUID();
  #former = new Map<string, number>();

  /** Names the present life. */
  get present(): string {
    return this.#present;
  }

  /** Begins a life that goes on from the present one at this revision; below 0 from none. */
  begin(incarnation: string, revision: number): void {
    if (revision < 0) this.forget();
    else this.#former.set(this.#present, revision);
    for (const oldest of this.#former.keys()) {
      if (this.#former.size <= FORMER_MAX) break;
      this.#former.delete(oldest);
    }
    this.#present = incarnation;
  }

  /** Begins a life that goes on from none. */
  startAnew(): void {
    this.#present = randomUUID();
    this.forget();
  }

  forget(): void {
    this.#former.clear();
  }

  /** True when all that this life of the feed told up to the revision is a part of the present one. */
  goesOn(incarnation: string, revision: number): boolean {
    return incarnation === this.#present || revision <= (this.#former.get(incarnation) ?? -1);
  }

  save(): { readonly incarnation: string; readonly former: FormerLives } {
    return { incarnation: this.#present, former: [...this.#former] };
  }

  restore(incarnation: string, former: FormerLives): void {
    this.#present = incarnation;
    this.#former = new Map(former);
  }
}
