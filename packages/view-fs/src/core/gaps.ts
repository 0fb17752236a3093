import { parentPath, type Gap } from "@fustor/schema-fs";
import { isDirectory, ROOT, type NodeId, type Tree } from "../tree/index.js";
import type { Doubts } from "./doubts.js";
import type { Evidence } from "./evidence.js";
import type { Listed, Listings } from "./listed.js";
import { PathMap } from "./path-map.js";

export interface OpenGap extends Gap {
  readonly host: string;
  /** What closes it was looked at later. */
  readonly until: number;
}

/** A moment by the own time of one boot of an agent, in ms. */
export interface OwnMoment {
  readonly boot: string;
  readonly at: number;
}

/** What was lost, and up to when. */
export interface Loss {
  readonly scope: string;
  readonly reason: string;
  readonly host: string;
  /** Fusion time in ms. */
  readonly at: number;
  /** Whatever began later, by Fusion time, shows what was lost. */
  readonly until: number;
  /** So does what this boot began later by its own time, which no error blurs. */
  readonly own?: OwnMoment;
}

export interface Lost extends OpenGap {
  /** Absent where another boot lost something there too. */
  readonly own?: OwnMoment;
  /** The number of a directory that was not listed since when it was last looked at. */
  witness: number;
}

export interface GapsContext {
  readonly tree: Tree;
  readonly listings: Listings;
  readonly doubts: Doubts;
  readonly max: number;
}

/** In a checkpoint. */
export interface GapsCopy {
  readonly lost: readonly Lost[];
  /** In an order in which they can be set again. */
  readonly unreadable: readonly OpenGap[];
  readonly orphans: readonly string[];
}

/** Scopes where truth was lost, or that could not be read, and that were not seen whole since. */
export class Gaps {
  readonly #context: GapsContext;
  readonly #lost = new Map<string, Lost>();
  readonly #unreadable = new PathMap<Map<string, OpenGap>>();
  #unreadableCount = 0;
  /** Scopes of unreadable gaps that may not be there any more. */
  readonly #orphans = new Set<string>();

  constructor(context: GapsContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#lost.size + this.#unreadableCount;
  }

  /** Since when something has been lost that is not made good; Infinity for never. */
  get openSince(): number {
    let since = Infinity;
    for (const gap of this.#lost.values()) since = Math.min(since, gap.since);
    return since;
  }

  *all(): Generator<OpenGap> {
    yield* this.#lost.values();
    for (const [, byHost] of this.#unreadable.within("/")) yield* byHost.values();
  }

  /** What happened below a scope may be missing, until it is listed again. */
  lose({ scope, reason, host, at, until, own }: Loss): void {
    const key = keyOf({ host, scope });
    const known = this.#lost.get(key);
    // The reason stands beside the time, so it is the first one too.
    const { since, reason: first } = known ?? { since: at, reason };
    // An overflow may be told of after the restart that followed it.
    const last = Math.max(until, known?.until ?? -Infinity);
    const both = known === undefined ? own : later(known.own, own);
    const gap = { scope, kind: "lost", reason: first, host, since, until: last } as const;
    this.#lost.set(key, { ...gap, ...(both && { own: both }), witness: 0 });
    this.#bound(at);
  }

  cannotRead(scope: string, errno: string, { host, t0 }: Evidence): void {
    const since = this.#unreadable.get(scope)?.get(host)?.since ?? t0;
    this.#open({ scope, kind: "unreadable", reason: errno, host, since, until: t0 });
    this.#orphans.add(scope);
    this.#bound(t0);
  }

  /** True when nothing that this host does not find at `path` is gone. */
  isUnreadable(path: string, host: string): boolean {
    for (const byHost of this.#unreadable.above(path)) if (byHost.has(host)) return true;
    return false;
  }

  get hasUnreadable(): boolean {
    return this.#unreadableCount > 0;
  }

  hasUnreadableIn(directory: string): boolean {
    return this.#unreadableCount > 0 && this.#unreadable.node(directory)?.children !== undefined;
  }

  /** A directory was listed, or is none: nothing in it cannot be read. True when a gap closed. */
  readable(scope: string, E: Evidence): boolean {
    const byHost = this.#unreadable.get(scope);
    if (byHost === undefined) return false;
    let closed = false;
    for (const { host, until } of [...byHost.values()]) {
      if (E.t0 < until || (host !== E.host && !E.byLeader)) continue;
      this.#close(scope, host);
      closed = true;
    }
    return closed;
  }

  /** A name is gone, or has moved, with all below it. */
  vanished(path: string): void {
    if (this.#unreadableCount === 0) return;
    for (const [scope] of this.#unreadable.within(path)) this.#orphans.add(scope);
  }

  /** Closes what later listings made good; `lag`: the longest of all who speak. How many. */
  close(lag: number): number {
    let closed = 0;
    for (const [key, gap] of this.#lost) {
      if (!this.#isMadeGood(gap)) continue;
      this.#lost.delete(key);
      closed += 1;
    }
    for (const scope of this.#orphans) closed += this.#closeGone(scope, lag);
    return closed;
  }

  copy(): GapsCopy {
    const byScope = this.#unreadable.within("/").reverse();
    return {
      lost: Array.from(this.#lost.values(), (gap) => ({ ...gap })),
      unreadable: byScope.flatMap(([, byHost]) => [...byHost.values()]),
      orphans: [...this.#orphans],
    };
  }

  restore({ lost, unreadable, orphans }: GapsCopy): void {
    for (const gap of lost) this.#lost.set(keyOf(gap), { ...gap });
    for (const gap of unreadable) this.#open(gap);
    for (const scope of orphans) this.#orphans.add(scope);
  }

  #open(gap: OpenGap): void {
    const byHost = this.#unreadable.get(gap.scope) ?? new Map<string, OpenGap>();
    if (byHost.size === 0) this.#unreadable.set(gap.scope, byHost);
    if (!byHost.has(gap.host)) this.#unreadableCount += 1;
    byHost.set(gap.host, gap);
  }

  /**
   * True when every directory in the scope was listed since. Looks from the witness on: only once
   * that was listed is there anything to look for.
   */
  #isMadeGood(gap: Lost): boolean {
    const { tree } = this.#context;
    const scope = this.#nearest(gap.scope);
    const { directories } = tree.nodes;
    const { end } = directories;
    for (let steps = 0; steps < end; steps += 1) {
      const number = gap.witness < end ? gap.witness : 0;
      const id = number * 2 + 1;
      const isInside = directories.isLive(number) && (scope === ROOT || tree.isWithin(id, scope));
      if (isInside && !this.#isSince(gap, id)) return false;
      gap.witness = number + 1;
    }
    return true;
  }

  /** By the leader, or by who lost it; a listing without proof once nothing in it is in doubt. */
  #isSince({ host, until, own: lostAt }: Lost, directory: NodeId): boolean {
    const { listings, doubts } = this.#context;
    const isLater = ({ voice, own }: Listed) =>
      (voice.boot === lostAt?.boot && own > lostAt.at) ||
      ((voice.byLeader || voice.host === host) && own + voice.offset - voice.error > until);
    const complete = listings.complete(directory);
    if (complete !== undefined && isLater(complete)) return true;
    const partial = listings.partial(directory);
    return partial !== undefined && isLater(partial) && !doubts.isAnyIn(directory);
  }

  /** Of what is gone nothing has to be read. */
  #closeGone(scope: string, lag: number): number {
    const byHost = this.#unreadable.get(scope);
    if (byHost === undefined || this.#context.tree.find(scope) !== undefined) {
      this.#orphans.delete(scope);
      return 0;
    }
    const listed = this.#context.listings.complete(this.#nearest(scope));
    if (listed === undefined) return 0;
    let closed = 0;
    for (const { host, until } of [...byHost.values()]) {
      if (listed.own + listed.voice.offset - listed.voice.error - lag <= until) continue;
      this.#close(scope, host);
      closed += 1;
    }
    return closed;
  }

  /** The directory at a path, or the nearest one above. */
  #nearest(path: string): NodeId {
    const { tree } = this.#context;
    for (let at = path; ; at = parentPath(at)) {
      const id = tree.find(at);
      if (id !== undefined && isDirectory(id)) return id;
    }
  }

  #close(scope: string, host: string): void {
    const byHost = this.#unreadable.get(scope);
    if (byHost?.delete(host) !== true) return;
    this.#unreadableCount -= 1;
    if (byHost.size === 0) this.#unreadable.delete(scope);
  }

  /** Too many gaps become one that covers them all. */
  #bound(at: number): void {
    if (this.size <= this.#context.max) return;
    let until = at;
    for (const gap of this.all()) until = Math.max(until, gap.until);
    this.#lost.clear();
    this.#unreadable.clear();
    this.#unreadableCount = 0;
    this.#orphans.clear();
    const gap = { scope: "/", kind: "lost", reason: "too many gaps", host: "" } as const;
    this.#lost.set(keyOf(gap), { ...gap, since: at, until, witness: 0 });
  }
}

/** The later of two moments that one clock tells. */
function later(a: OwnMoment | undefined, b: OwnMoment | undefined): OwnMoment | undefined {
  if (b === undefined || a?.boot !== b.boot) return undefined;
  return a.at > b.at ? a : b;
}

function keyOf({ host, scope }: { readonly host: string; readonly scope: string }): string {
  return `${host} ${scope}`;
}
