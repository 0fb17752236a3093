import type { Logger } from "@fustor/core";
import type { Opening } from "@fustor/protocol";
import type { PipeEntry } from "./log/entry.js";
import { RootGuard, RootRefusedError, type RefusedRoot } from "./root-guard.js";
import type { KnownRoot, Roots } from "./roots.js";
import type { LiveSession } from "./session.js";
import type { LiveView } from "./views.js";

export interface RootAdmissionContext {
  readonly pipe: string;
  readonly views: readonly LiveView[];
  readonly roots: Roots;
  readonly logger: Logger;
  /** Writes down what happened, and then lets it take effect. */
  readonly commit: (entry: PipeEntry) => void;
}

/** What a pipe knows of its agents' roots: asks the guard, and writes its answers down. */
export class RootAdmission {
  readonly #context: RootAdmissionContext;
  readonly #guard: RootGuard;

  constructor(context: RootAdmissionContext) {
    this.#context = context;
    this.#guard = new RootGuard(context.views, context.roots, context.logger);
  }

  /** Throws `RootRefusedError` for an agent whose root is not the one that the views show. */
  admit(opening: Opening, sessions: readonly LiveSession[], now: number): void {
    const { agentId, bootId, source } = opening;
    // v1 does not say what its root is.
    if (bootId === undefined) return;
    const proven = this.#guard.check(opening, sessions, now);
    this.#note({ agentId, identity: source.identity, proven }, now);
  }

  /**
   * There is a snapshot: it is of the root of whoever told it. Those of whose roots nothing was known
   * are held against it. Returns who shows another one, and has to leave; what it said, the next
   * audit mends.
   */
  prove(told: LiveSession, sessions: readonly LiveSession[], now: number): readonly LiveSession[] {
    return sessions.filter((session) => {
      const { agentId, source } = session.speaker;
      const { identity } = source;
      if (session.bootId === undefined || this.#context.roots.get(agentId)?.proven === true) {
        return false;
      }
      try {
        const proven = session === told || this.#guard.prove({ agentId, source, now });
        this.#note({ agentId, identity, proven }, now);
        return false;
      } catch (error) {
        if (error instanceof RootRefusedError) return true;
        throw error;
      }
    });
  }

  /** The views show nothing any more that a root could be held against. */
  unprove(now: number): void {
    for (const [agentId, { identity }] of this.#context.roots.state) {
      this.#note({ agentId, identity, proven: false }, now);
    }
  }

  /** Agents that lately came with a root that is not this one. */
  refused(now: number): readonly RefusedRoot[] {
    return this.#guard.refused(now);
  }

  /** An operator says that the root with which the agent was refused is right. */
  accept({ agentId, identity }: RefusedRoot, now: number): void {
    this.#note({ agentId, identity, proven: true }, now);
    this.#guard.forget(agentId);
    const { pipe, logger } = this.#context;
    logger.info({ pipe, agent: agentId, identity }, "root accepted");
  }

  #note(root: { readonly agentId: string } & KnownRoot, at: number): void {
    const { pipe, roots, commit } = this.#context;
    const known = roots.get(root.agentId);
    if (known?.identity === root.identity && known.proven === root.proven) return;
    commit({ kind: "root", at, pipe, ...root });
  }
}
