import type { MarkMessage } from "@fustor/core";
import { isBelow } from "@fustor/schema-fs";

/** Walks that one session may have open at once. */
const OPEN_WALKS_MAX = 16;
/** Scopes that one walk may owe; with more it does not count as whole. */
const OWED_MAX = 100_000;

/** A walk that has begun. */
export interface Walk {
  readonly walk: MarkMessage["walk"];
  readonly scope: string;
  /** False once the place where it started turned out to be unreadable, or one was not listed. */
  whole: boolean;
  /** True once the place where it started was listed. */
  entered: boolean;
  /** Scopes whose digest was not ours: it is whole once they were listed, too. */
  readonly owed: Set<string>;
}

/** A walk of a checkpoint. */
export interface WalkCopy extends Omit<Walk, "owed"> {
  readonly sessionId: string;
  readonly id: string;
  readonly owed: readonly string[];
}

/** Follows walks from their begin to their end. What interrupts a session ends its walks. */
export class Walks {
  readonly #bySession = new Map<string, Map<string, Walk>>();

  begin(sessionId: string, { id, walk, scope }: MarkMessage): void {
    let walks = this.#bySession.get(sessionId);
    if (walks === undefined) {
      walks = new Map();
      this.#bySession.set(sessionId, walks);
    }
    walks.delete(id);
    walks.set(id, { walk, scope, whole: true, entered: false, owed: new Set() });
    if (walks.size <= OPEN_WALKS_MAX) return;
    const [oldest] = walks.keys();
    if (oldest !== undefined) walks.delete(oldest);
  }

  /** The walk that this mark ends; undefined when its begin was not heard in this session. */
  end(sessionId: string, { id, walk, scope }: MarkMessage): Walk | undefined {
    const walks = this.#bySession.get(sessionId);
    const begun = walks?.get(id);
    if (walks === undefined || begun?.walk !== walk || begun.scope !== scope) return undefined;
    walks.delete(id);
    if (begun.owed.size > 0) begun.whole = false;
    return begun;
  }

  /** The session read `scope`: a name in it that cannot be read spoils no walk that began there. */
  listed(sessionId: string, scope: string): void {
    for (const walk of this.#bySession.get(sessionId)?.values() ?? []) {
      walk.owed.delete(scope);
      if (walk.scope === scope) walk.entered = true;
    }
  }

  /** The session could not read `scope`: a walk that started there, and did not list it, saw nothing. */
  unreadable(sessionId: string, scope: string): void {
    for (const walk of this.#bySession.get(sessionId)?.values() ?? []) {
      walk.owed.delete(scope);
      if (walk.scope === scope && !walk.entered) walk.whole = false;
    }
  }

  /** The digest of `scope` was not ours: a walk over it has seen everything once it is listed. */
  unconfirmed(sessionId: string, scope: string): void {
    for (const walk of this.#bySession.get(sessionId)?.values() ?? []) {
      if (walk.scope !== scope && !isBelow(scope, walk.scope)) continue;
      if (walk.owed.size < OWED_MAX) walk.owed.add(scope);
      else walk.whole = false;
    }
  }

  /** The session is closed, or no longer leads. */
  interrupt(sessionId: string): void {
    this.#bySession.delete(sessionId);
  }

  copy(): WalkCopy[] {
    const copies: WalkCopy[] = [];
    for (const [sessionId, walks] of this.#bySession) {
      for (const [id, walk] of walks) copies.push({ ...walk, sessionId, id, owed: [...walk.owed] });
    }
    return copies;
  }

  restore(copies: Iterable<WalkCopy>): void {
    for (const { sessionId, id, owed, ...walk } of copies) {
      const walks = this.#bySession.get(sessionId) ?? new Map<string, Walk>();
      this.#bySession.set(sessionId, walks);
      walks.set(id, { ...walk, owed: new Set(owed) });
    }
  }

  isUnderWay(walk: MarkMessage["walk"]): boolean {
    for (const walks of this.#bySession.values()) {
      for (const open of walks.values()) if (open.walk === walk) return true;
    }
    return false;
  }
}
