import type { Speaker } from "@fustor/core";
import { digestMaskOf } from "@fustor/schema-fs";
import { ALL_FIELDS } from "../alike.js";
import { readScope, type SaidScope } from "./said-scope.js";

/** What stays known of an agent beyond its sessions. */
export interface KnownAgent {
  readonly bootId: string;
  /** Of the one root that it is heard of. */
  readonly identity: string;
  /** What it said last that it reports, of this root. */
  readonly scope: Readonly<Record<string, unknown>>;
  /** Which attributes every host sees alike, as its source declares: `digestMask` of schema-fs. */
  readonly mask: number;
}

/** How an agent that opens a session differs from when it was last here. */
export interface Meeting {
  readonly isNewBoot: boolean;
  readonly hasOtherScope: boolean;
}

/** Agents whose ids do not last come as new ones for ever: so many are known. */
const AGENTS_MAX = 10_000;

/** Who spoke, those that came last at the end. */
export class Agents {
  readonly #known = new Map<string, KnownAgent>();
  readonly #max: number;

  constructor(max = AGENTS_MAX) {
    this.#max = max;
  }

  /** Beyond the limit the one is forgotten that came longest ago and is not `present`. */
  meet(speaker: Speaker, scope: SaidScope, present: ReadonlySet<string>): Meeting {
    const { agentId } = speaker;
    const meeting = this.#note(speaker, scope);
    const met = this.#known.get(agentId);
    this.#known.delete(agentId);
    if (met !== undefined) this.#known.set(agentId, met);
    if (this.#known.size > this.#max) {
      const oldest = [...this.#known.keys()].find((id) => id !== agentId && !present.has(id));
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    return meeting;
  }

  #note({ agentId, bootId, source }: Speaker, { said: scope }: SaidScope): Meeting {
    const known = this.#known.get(agentId);
    const { identity } = known ?? source;
    const isNewBoot = known !== undefined && known.bootId !== bootId;
    if (known !== undefined && identity !== source.identity) {
      this.#known.set(agentId, { ...known, bootId });
      return { isNewBoot, hasOtherScope: false };
    }
    this.#known.set(agentId, { bootId, identity, scope, mask: maskOf(source.facts) });
    const hasOtherScope =
      known !== undefined && JSON.stringify(known.scope) !== JSON.stringify(scope);
    return { isNewBoot, hasOtherScope };
  }

  /** False when what the agent calls its root is not what it was. */
  isOfRoot({ agentId, source }: Speaker): boolean {
    return this.#known.get(agentId)?.identity === source.identity;
  }

  /** From now on this is the agent's root. True when it was another one. */
  accept(agentId: string, identity: string): boolean {
    const known = this.#known.get(agentId);
    if (known === undefined || known.identity === identity) return false;
    this.#known.set(agentId, { ...known, identity });
    return true;
  }

  /** Which attributes may differ between none of the hosts: all, where there is but one. */
  get mask(): number {
    if (this.#known.size < 2) return ALL_FIELDS;
    let mask = ALL_FIELDS;
    for (const known of this.#known.values()) mask &= known.mask;
    return mask;
  }

  /** What the others report, as they said last. */
  scopesBeside(agentId: string): SaidScope[] {
    const others = [...this.#known].filter(([id]) => id !== agentId);
    return others.map(([, { scope }]) => readScope(scope));
  }

  copy(): readonly (readonly [string, KnownAgent])[] {
    return [...this.#known];
  }

  restore(known: Iterable<readonly [string, KnownAgent]>): void {
    for (const [agentId, agent] of known) this.#known.set(agentId, agent);
  }
}

/** A source that declares nothing is taken to be alone, or as good as its word. */
export function maskOf(facts: Readonly<Record<string, unknown>>): number {
  return facts["digest_fields"] === undefined ? ALL_FIELDS : digestMaskOf(facts);
}
