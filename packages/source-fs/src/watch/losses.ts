import type { Message } from "@fustor/core";

/** The walk over everything begins when events were not lost again for this long ... */
const CALM_MS = 250;
/** ... or this long after the first loss. */
const CALM_MAX_MS = 5000;

/** What may have been missed: to be said before anything else, and made good by a walk. */
export class Losses {
  #unsaid: string | undefined;
  #wanted: { at: number; readonly latestAt: number } | undefined;

  /** True while something is to be said. */
  get isUnsaid(): boolean {
    return this.#unsaid !== undefined;
  }

  /** Something was lost, anywhere, for a reason in words for `lost`. */
  add(reason: string, now: number): void {
    // What is lost while a walk is wanted was said already, and is found by it.
    if (this.#wanted === undefined) this.#unsaid = reason;
    this.wantWalk(now);
  }

  /** From now on things may be missed that no walk makes good. */
  announce(reason: string): void {
    this.#unsaid = reason;
  }

  /** Asks for a walk that begins after now, as soon as it is calm. */
  wantWalk(now: number): void {
    this.#wanted ??= { at: now, latestAt: now + CALM_MAX_MS };
    this.#wanted.at = Math.min(now + CALM_MS, this.#wanted.latestAt);
  }

  /** What is to be said, once. */
  take(now: number): Message | undefined {
    const reason = this.#unsaid;
    this.#unsaid = undefined;
    return reason === undefined ? undefined : lostMessage(reason, now);
  }

  /** True once for each walk that is due. */
  takeWalk(now: number): boolean {
    if (this.#wanted === undefined || now < this.#wanted.at) return false;
    this.#wanted = undefined;
    return true;
  }

  /** When a walk is due. */
  nextAt(): number | undefined {
    return this.#wanted?.at;
  }
}

/** Says that changes may have been missed, anywhere. */
export function lostMessage(reason: string, now: number): Message {
  return { kind: "lost", source: "realtime", startedAt: now, endedAt: now, scope: "/", reason };
}
