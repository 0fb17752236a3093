import type { Message } from "@fustor/core";
import { closedBy, errnoOf } from "../look.js";
import type { Root } from "../root.js";
import { lostMessage } from "./losses.js";

const CHECK_MS = 2000;

/** Looks at the root now and then: nothing above it is watched. */
export class RootWatch {
  readonly #root: Root;
  #nextAt = 0;

  constructor(root: Root) {
    this.#root = root;
  }

  /** When to `check` again. */
  nextAt(): number {
    return this.#nextAt;
  }

  /** Something happened to it: it is to be looked at next. */
  hasten(): void {
    this.#nextAt = 0;
  }

  /**
   * Looks, if it is time. Returns the system's word for why the root cannot be read, if so.
   *
   * Throws `SOURCE_UNAVAILABLE` when it is gone or another one.
   */
  check(now: number): string | undefined {
    if (now < this.#nextAt) return undefined;
    this.#nextAt = now + CHECK_MS;
    this.#root.check();
    return closedBy(this.#root.systemPath("/"));
  }
}

/** Says that the root is gone, with the error of the look that found it so. */
export function* rootLost(error: unknown, now: number): Generator<Message> {
  yield lostMessage("root lost", now);
  yield unreadableRoot(errnoOfRoot(error), now);
}

/** Says that the root cannot be read. */
export function unreadableRoot(errno: string, now: number): Message {
  return {
    kind: "unreadable",
    source: "realtime",
    startedAt: now,
    endedAt: now,
    scope: "/",
    errno,
  };
}

/** Another folder than before, e.g. one that was mounted over it, is as good as a stale one. */
function errnoOfRoot(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? "ESTALE" : errnoOf(cause);
}
