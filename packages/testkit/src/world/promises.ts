import type { Message, ViewRecord } from "@fustor/core";
import { createScope, isBelow, joinPath, type Scope } from "@fustor/schema-fs";
import type { OpenRequest } from "./fusion.js";

/** What one record did to the rows. */
export interface Deeds {
  /** Names that went, and did not come back with the same record. */
  readonly removed: readonly string[];
  readonly hasChanged: boolean;
}

interface Met {
  /** The root that the agent is heard of. */
  readonly root: string;
  /** What its last session calls its root. */
  readonly said: string;
  /** What it said that it reports, when it was last heard of. */
  readonly scope: Scope;
  readonly saidScope: Scope;
  readonly sessionId: string;
}

/**
 * What is promised to operators: a root that nobody accepted says nothing, what nobody reports goes
 * and stays away, what was rejected stays.
 */
export class Promises {
  readonly #agents = new Map<string, Met>();
  readonly #rejected = new Set<string>();
  readonly #breach: (law: string, path: string, detail: string) => void;

  constructor(breach: (law: string, path: string, detail: string) => void) {
    this.#breach = breach;
  }

  /** True when the agent's root is not the one that it is heard of. */
  isForeign(agentId: string): boolean {
    const met = this.#agents.get(agentId);
    return met !== undefined && met.root !== met.said;
  }

  /** What each agent reports. */
  scopes(): readonly Scope[] {
    return Array.from(this.#agents.values(), ({ scope }) => scope);
  }

  /** True for a name that an agent reports. */
  isReported(path: string): boolean {
    return this.scopes().some((scope) => scope.admits(path, false));
  }

  /** Before what the record did is looked at. */
  meet(record: ViewRecord): void {
    if (record.kind === "opened") {
      const { agentId, sessionId, source } = record.speaker;
      const met = this.#agents.get(agentId);
      const [said, saidScope] = [source.identity, scopeOf(source.scope)];
      const root = met?.root ?? said;
      const scope = met === undefined || root === said ? saidScope : met.scope;
      this.#agents.set(agentId, { root, said, scope, saidScope, sessionId });
    } else if (record.kind === "closed") {
      // What was not heard by then is said again with the next session.
      for (const [agentId, met] of this.#agents) {
        if (met.sessionId !== record.sessionId) continue;
        this.#agents.set(agentId, { ...met, saidScope: met.scope });
      }
    } else if (record.kind === "accept-root") {
      const { agentId, identity: root } = record;
      const met = this.#agents.get(agentId);
      if (met === undefined) return;
      const scope = met.said === root ? met.saidScope : met.scope;
      this.#agents.set(agentId, { ...met, root, scope });
    } else if (record.kind === "reset") {
      this.#rejected.clear();
    }
  }

  applied(
    record: ViewRecord,
    speaker: OpenRequest | undefined,
    { removed, hasChanged }: Deeds,
    held: () => Iterable<string>,
  ): void {
    if (hasChanged && speaker !== undefined && this.isForeign(speaker.agentId)) {
      this.#breach("another root is not heard", "/", `rows changed by ${speaker.agentId}`);
    }
    for (const path of removed) this.#checkRejected(path, record);
    if (record.kind !== "approve" && record.kind !== "reject" && this.#rejected.size === 0) return;
    const now = new Set(held());
    const isMeant = (path: string): boolean =>
      (record.kind === "approve" || record.kind === "reject") &&
      record.paths.some((given) => given === path || isBelow(path, given));
    if (record.kind === "reject") {
      for (const path of now) if (isMeant(path)) this.#rejected.add(path);
    }
    for (const path of this.#rejected) {
      // What was seen again is held no more.
      const isOver = !now.has(path) || (record.kind === "approve" && isMeant(path));
      if (isOver) this.#rejected.delete(path);
    }
  }

  #checkRejected(path: string, record: ViewRecord): void {
    if (!this.#rejected.has(path)) return;
    const isPurged = record.kind !== "batch" && !this.isReported(path);
    const isTold = record.kind === "batch" && record.messages.some((m) => speaksOf(m, path));
    if (isPurged || isTold) return;
    this.#breach("what was rejected stays", path, `removed by ${record.kind}`);
  }
}

/** True for an event at or above a name, and for a row of it. */
function speaksOf(message: Message, path: string): boolean {
  const isAt = (other: string): boolean => other === path || isBelow(path, other);
  if (message.kind === "listing") {
    return message.entries.rows.some(([name]) => joinPath(message.scope, String(name)) === path);
  }
  if (message.kind !== "change") return false;
  const rows = message.upserts.rows.map(([key]) => String(key));
  if (message.source !== "realtime") return rows.includes(path);
  return [...rows, ...message.deletes, ...(message.moves ?? []).flat()].some(isAt);
}

/** The scope that a session of this world declares. */
export function scopeOf({ exclude = [] }: Readonly<Record<string, unknown>>): Scope {
  const patterns = Array.isArray(exclude) ? exclude.map(String) : [];
  return createScope({ filePattern: "*", exclude: patterns });
}
