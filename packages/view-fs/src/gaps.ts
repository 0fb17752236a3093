import { isBelow, type Gap } from "@fustor/schema-fs";
import { isAfterBeyondDoubt, order, type Evidence, type Moment } from "./arbiter.js";

interface Entry {
  readonly gap: Gap;
  /** The newest word that keeps it open. */
  readonly evidence: Moment;
}

/** Scopes that could not be read, or where events were lost, and that were not seen whole since. */
export class Gaps {
  readonly #max: number;
  readonly #unreadable = new Map<string, Entry & { readonly evidence: Evidence }>();
  readonly #lost = new Map<string, Entry>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#unreadable.size + this.#lost.size;
  }

  *all(): Generator<Gap> {
    for (const { gap } of this.#unreadable.values()) yield gap;
    for (const { gap } of this.#lost.values()) yield gap;
  }

  /** A directory could not be read. Closed by its next whole listing, or when it is gone. */
  unreadable(scope: string, errno: string, evidence: Evidence): void {
    const since = this.#unreadable.get(scope)?.gap.since ?? evidence.startedAt;
    const gap: Gap = { scope, kind: "unreadable", reason: errno, since };
    this.#unreadable.set(scope, { gap, evidence });
    this.#bound(evidence.endedAt);
  }

  /** Events below `scope` may be missing. Closed by a walk over it that begins later. */
  lost(scope: string, reason: string, evidence: Evidence): void {
    this.#setLost(scope, reason, evidence.startedAt, evidence);
    this.#bound(evidence.endedAt);
  }

  /** The view itself had to forget something in `scope` at Fusion time `at`. */
  forgotten(scope: string, reason: string, at: number): void {
    this.#setLost(scope, reason, at, viewItself(at));
    this.#bound(at);
  }

  /** A directory was listed whole. True when that closed a gap. */
  listed(scope: string, evidence: Evidence): boolean {
    const entry = this.#unreadable.get(scope);
    if (entry === undefined || order(evidence, entry.evidence) === "older") return false;
    return this.#unreadable.delete(scope);
  }

  /** A directory is gone, and with it what could not be read in it. */
  removed(scope: string): void {
    this.#unreadable.delete(scope);
  }

  /** A walk over `scope` has ended whose beginning was `began`. True when that closed a gap. */
  walked(scope: string, began: Evidence): boolean {
    let closed = false;
    for (const [lost, entry] of this.#lost) {
      const isCovered = lost === scope || isBelow(lost, scope);
      if (isCovered && isAfterBeyondDoubt(began, entry.evidence))
        closed = this.#lost.delete(lost) || closed;
    }
    return closed;
  }

  #setLost(scope: string, reason: string, since: number, evidence: Moment): void {
    const old = this.#lost.get(scope);
    // The later word counts: only a walk after the last loss makes good for all of them.
    const newest = old !== undefined && old.evidence.endedAt > evidence.endedAt ? old : undefined;
    const gap: Gap = { scope, kind: "lost", reason, since: old?.gap.since ?? since };
    this.#lost.set(scope, { gap, evidence: newest?.evidence ?? evidence });
  }

  /** Too many gaps become one that covers them all. */
  #bound(at: number): void {
    if (this.size <= this.#max) return;
    let until = at;
    for (const { evidence } of this.#unreadable.values()) until = Math.max(until, evidence.endedAt);
    for (const { evidence } of this.#lost.values()) until = Math.max(until, evidence.endedAt);
    this.#unreadable.clear();
    this.#lost.clear();
    this.#setLost("/", "too many gaps", at, viewItself(until));
  }
}

/** What the view says of itself, at Fusion time `endedAt`. */
function viewItself(endedAt: number): Moment {
  const own = { startedAt: endedAt, endedAt };
  return { agentId: "", bootId: "", realtime: true, endedAt, own };
}
