import type { Speaker } from "@fustor/core";
import { Agents, maskOf, type KnownAgent } from "./agents.js";
import { evidenceOf } from "./evidence.js";
import { lose } from "./horizon.js";
import { purge } from "./purge.js";
import { RULE } from "./rules.js";
import { NOTHING } from "./said-scope.js";
import { Session, type AddVoice, type SessionCopy } from "./sessions.js";
import type { World } from "./world.js";

/** Who speaks: the sessions that are open, and what is known of their agents. */
export class Speakers {
  readonly agents = new Agents();
  readonly #sessions = new Map<string, Session>();
  readonly #addVoice: AddVoice;

  constructor(addVoice: AddVoice) {
    this.#addVoice = addVoice;
  }

  get sessions(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** The longest lag of all of them, in ms. */
  get lag(): number {
    return Math.max(0, ...Array.from(this.#sessions.values(), ({ lag }) => lag));
  }

  find(sessionId: string): Session | undefined {
    return this.#sessions.get(sessionId);
  }

  open(world: World, speaker: Speaker): void {
    const session = this.#add(speaker);
    world.lag = this.lag;
    this.#meet(world, session);
  }

  /** An operator says so. What its session said meanwhile of what it reports counts from now on. */
  acceptRoot(world: World, agentId: string, identity: string): void {
    if (!this.agents.accept(agentId, identity)) return;
    lose(world, "/", "accepted root", agentId, world.at);
    for (const session of this.#sessions.values()) {
      const { speaker } = session;
      if (speaker.agentId === agentId && this.agents.isOfRoot(speaker)) this.#meet(world, session);
    }
  }

  close(world: World, sessionId: string): void {
    this.#sessions.delete(sessionId);
    world.lag = this.lag;
  }

  copy(): {
    readonly agents: readonly (readonly [string, KnownAgent])[];
    readonly sessions: Iterable<SessionCopy>;
  } {
    return {
      agents: this.agents.copy(),
      sessions: Array.from(this.#sessions.values(), (session) => session.copy()),
    };
  }

  restore(world: World, { agents, sessions }: ReturnType<Speakers["copy"]>): void {
    this.agents.restore(agents);
    world.mask = this.agents.mask;
    for (const session of sessions) this.#add(session.speaker).restore(session);
    world.lag = this.lag;
  }

  #add(speaker: Speaker): Session {
    const session = new Session(speaker, this.#addVoice);
    this.#sessions.set(speaker.sessionId, session);
    return session;
  }

  /** Rule 6: a new boot may have missed something. With another scope, rows may be nobody's. */
  #meet(world: World, session: Session): void {
    const { speaker, scope, offset } = session;
    const { agentId } = speaker;
    const present = new Set(Array.from(this.sessions, (each) => each.speaker.agentId));
    const { isNewBoot, hasOtherScope } = this.agents.meet(speaker, scope, present);
    this.#setMask(world, speaker);
    if (isNewBoot) {
      world.counts.add(RULE.newBoot);
      lose(world, "/", "restarted agent", agentId, world.at);
    }
    if (!hasOtherScope || scope === NOTHING) return;
    const { at } = world;
    const look = { source: "realtime", startedAt: at - offset, endedAt: at - offset } as const;
    const E = evidenceOf(session, "scan", { kind: "lost", ...look, scope: "/", reason: "" }, at);
    purge(world, [scope, ...this.agents.scopesBeside(agentId)], E);
  }

  /** Rule 11: an empty view counts in its digests what the first source declares. */
  #setMask(world: World, { source }: Speaker): void {
    const { tree } = world;
    world.mask = this.agents.mask;
    const declares = source.facts["digest_fields"] !== undefined;
    if (declares && tree.childCount(tree.root) === 0) tree.digestMask = maskOf(source.facts);
  }
}
