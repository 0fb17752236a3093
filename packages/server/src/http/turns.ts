import { setImmediate as nextTurn } from "node:timers/promises";
import type { Steps } from "@fustor/schema-fs";
import { Problem } from "../problem.js";

/** How long one question works before others get their turn. */
const SLICE_MS = 4;
/** The same in steps, where the clock stands still. */
const SLICE_STEPS = 4_000;
/** How many steps are taken between two looks at the clock. */
const STEPS_PER_LOOK = 64;
/** Questions that wait for their turn; more are turned away. */
const WAITING_MAX = 64;

/** What one question may cost; one that costs more is given up. */
export interface QuestionLimits {
  /** A step is about one name. */
  readonly steps: number;
  /** Of work; waiting for a turn does not count. */
  readonly workMs: number;
}

/**
 * Lets many questions work in one process: each in slices of some milliseconds, one slice of all of them
 * in a turn of the event loop, so that whoever writes or asks for little waits for one slice at most.
 */
export class Turns {
  readonly #now: () => number;
  readonly #limits: QuestionLimits;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(now: () => number, limits: QuestionLimits = { steps: Infinity, workMs: Infinity }) {
    this.#now = now;
    this.#limits = limits;
  }

  /** Takes all steps. Rejects with the signal's reason; answers 429 when too many wait. */
  async run<Result>(steps: Steps<Result>, signal: AbortSignal): Promise<Result> {
    const results = this.pieces(toGenerator(steps), signal);
    for await (const [result] of results) if (result !== undefined) return result.value;
    throw new Error("the steps ended without a result");
  }

  /** The items in the order in which they come, as many together as one slice finds. */
  async *pieces<Item>(
    items: Iterator<Item | undefined, undefined>,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Item[], undefined, undefined> {
    if (this.#waiting >= WAITING_MAX) {
      throw new Problem("OVERLOADED", `${String(WAITING_MAX)} questions wait for an answer.`, {
        hint: "Ask again in a moment.",
        headers: { "retry-after": "1" },
      });
    }
    try {
      const spent = { steps: 0, workMs: 0 };
      for (let isDone = false; !isDone;) {
        await this.#turn();
        signal.throwIfAborted();
        const found: Item[] = [];
        const startedAt = this.#now();
        isDone = this.#slice(items, found, spent);
        spent.workMs += this.#now() - startedAt;
        if (!isDone) requireWithin(spent, this.#limits);
        if (found.length > 0) yield found;
      }
    } finally {
      items.return?.();
    }
  }

  /** True when there is no more. */
  #slice<Item>(
    items: Iterator<Item | undefined, undefined>,
    found: Item[],
    spent: { steps: number },
  ): boolean {
    const until = this.#now() + SLICE_MS;
    // A question ends at its limit, not somewhere in the slice behind it.
    const most = Math.min(SLICE_STEPS, this.#limits.steps + 1 - spent.steps);
    for (let step = 1; step <= most; step += 1) {
      spent.steps += 1;
      const { done, value } = items.next();
      if (done === true) return true;
      if (value !== undefined) found.push(value);
      if (step % STEPS_PER_LOOK === 0 && this.#now() > until) return false;
    }
    return false;
  }

  /** A turn of the event loop that no other question works in. */
  async #turn(): Promise<void> {
    this.#waiting += 1;
    this.#last = this.#last.then(() => nextTurn());
    await this.#last;
    this.#waiting -= 1;
  }
}

function requireWithin({ steps, workMs }: QuestionLimits, most: QuestionLimits): void {
  if (steps <= most.steps && workMs <= most.workMs) return;
  const cost =
    steps > most.steps
      ? `more than ${String(most.steps)} names (limits.max_query_nodes)`
      : `more than ${String(most.workMs / 1_000)} s of work (limits.max_query_seconds)`;
  throw new Problem("TOO_LARGE", `The question takes ${cost}.`, {
    hint: "Ask about a directory further down, or page by page.",
  });
}

function* toGenerator<Result>(
  steps: Steps<Result>,
): Generator<{ readonly value: Result } | undefined, undefined, undefined> {
  yield { value: yield* steps };
}
