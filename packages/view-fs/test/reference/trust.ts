import { isBelow, parentPath, type FsAttributes } from "@fustor/schema-fs";
import { ALL_FIELDS, stoodStill } from "../../src/alike.js";
import type { Evidence, Word } from "./evidence.js";
import type { Node } from "./node.js";
import type { Rules } from "./rules.js";

interface Doubt {
  /** A look has to be newer than this, its lag and error counted, to settle it. */
  since: number;
  due: number;
  /** A kernel event took part: what comes of it is no blind spot. */
  told: boolean;
}

interface Suspect {
  until: number;
  askedAt: number;
}

export interface BlindSpot {
  readonly kind: "addition" | "modification" | "deletion";
  readonly firstAt: number;
  readonly lastAt: number;
}

interface Gap {
  readonly scope: string;
  readonly kind: "lost" | "unreadable";
  readonly reason: string;
  readonly host: string;
  readonly since: number;
  /** Lost: what closes it began later. */
  readonly until: number;
  /** Lost: or began later than this by the own clock of the one boot that lost something there. */
  readonly by?: Evidence;
}

interface Hold {
  readonly by: Evidence;
  /** The latest Fusion time at which it was missed. */
  readonly missedAt: number;
  readonly cycle: number;
  /** Rows that would go with it. */
  readonly count: number;
  /** What an operator said of it. */
  readonly decision?: "approved" | "rejected";
}

/** How long a session has to answer before another look is asked for. */
const ANSWER_MS = 10_000;
const SKEW_SAMPLES = 15;

/** What keeps the view honest about itself: doubts, suspects, blind spots, gaps, the brake. */
export class Trust {
  readonly #nodes: Map<string, Node>;
  readonly #rules: Rules;
  readonly #hotMs: number;
  readonly #lag: () => number;
  readonly #count: (rule: string) => void;
  readonly #doubts = new Map<string, Doubt>();
  readonly #suspects = new Map<string, Suspect>();
  readonly #blind = new Map<string, BlindSpot>();
  readonly #gaps = new Map<string, Gap>();
  readonly #held = new Map<string, Hold>();
  readonly #askedToList = new Map<string, number>();
  readonly #skews: number[] = [];
  /** Which attributes no two hosts see otherwise. */
  mask = ALL_FIELDS;
  #cycle = { number: 0, size: 1, removed: 0 };

  constructor(
    nodes: Map<string, Node>,
    rules: Rules,
    hotMs: number,
    lag: () => number,
    count: (rule: string) => void,
  ) {
    this.#nodes = nodes;
    this.#rules = rules;
    this.#hotMs = hotMs;
    this.#lag = lag;
    this.#count = count;
  }

  // --- what can be asked ----------------------------------------------------------------------

  /** Names that stand against what was said of them, and directories that were never listed. */
  *doubts(): Generator<string> {
    yield* this.#doubts.keys();
    yield* this.#unlisted();
  }

  suspects(): Iterable<string> {
    return this.#suspects.keys();
  }

  blindSpots(): ReadonlyMap<string, BlindSpot> {
    return this.#blind;
  }

  gaps(): Iterable<Gap> {
    return this.#gaps.values();
  }

  /** What would be gone but for the brake. */
  held(): Iterable<string> {
    return this.#held.keys();
  }

  /** What the leader should look at now: names, and whole directories. */
  doubtsDue(at: number): { readonly probes: string[]; readonly listings: string[] } {
    const probes = new Set<string>();
    for (const [path, { due }] of this.#doubts) if (due <= at) probes.add(path);
    for (const [path, { askedAt }] of this.#suspects) {
      if (at - askedAt >= this.#hotMs / 2) probes.add(path);
    }
    const listings = [...this.#unlisted()].filter((path) => {
      const seen = this.#nodes.get(path)?.seen;
      const asked = this.#askedToList.get(path) ?? -Infinity;
      return seen !== undefined && Math.max(seen.t0 + seen.e + this.#lag(), asked) <= at;
    });
    return { probes: [...probes], listings };
  }

  hash(): string {
    const held = [...this.#held].map(([path, { missedAt, cycle, count, decision = "" }]) => {
      return [path, missedAt, cycle, count, decision];
    });
    const marks = [this.#doubts, this.#suspects, this.#blind, this.#gaps, this.#askedToList];
    return JSON.stringify([...marks.map((map) => [...map]), held, this.#skews, this.#cycle]);
  }

  // --- rule 1: doubts -------------------------------------------------------------------------

  /** E lost against `other`, or both leave it open: P is looked at once caches can tell. */
  doubt(path: string, E: Evidence, other: Word): void {
    this.explain(path, E);
    if (!this.#rules.doubts) return;
    const known = this.#doubts.get(path);
    const since = Math.max(E.t0 + E.e, other.t0 + other.e, known?.since ?? -Infinity);
    const due = since + Math.max(this.#lag() + E.e + 1, E.source === "sentinel" ? ANSWER_MS : 0);
    this.#count("1 doubt");
    this.#doubts.set(path, {
      since,
      // Renewed while it waits, it keeps its time: else a busy name would never be looked at.
      due: known === undefined || E.source === "sentinel" ? due : known.due,
      told: E.realtime || other.realtime || known?.told === true,
    });
  }

  /** E was applied to P, or agreed with it. */
  settle(path: string, E: Evidence, node: Node | undefined): void {
    this.explain(path, E);
    if (node !== undefined) this.seenAgain(path, E);
    const doubt = this.#doubts.get(path);
    if (doubt === undefined) return;
    if (E.t0 - E.lag - E.e > doubt.since) {
      this.#count("1 doubt settled");
      this.#doubts.delete(path);
    } else if (E.source === "sentinel") {
      doubt.due = doubt.since + this.#lag() + E.e + 1;
    }
  }

  /** P and all below is absent by E. */
  settleBelow(path: string, E: Evidence): void {
    for (const other of this.#doubts.keys()) {
      const isGone = !this.#nodes.has(other) && (other === path || isBelow(other, path));
      if (isGone) this.settle(other, E, undefined);
    }
  }

  asked(probes: readonly string[], listings: readonly string[], at: number): void {
    const waitUntil = at + Math.max(this.#lag(), ANSWER_MS);
    for (const path of probes) {
      const doubt = this.#doubts.get(path);
      if (doubt !== undefined) doubt.due = waitUntil;
      const suspect = this.#suspects.get(path);
      if (suspect !== undefined) suspect.askedAt = at;
    }
    for (const path of listings) this.#askedToList.set(path, waitUntil);
  }

  *#unlisted(): Generator<string> {
    if (!this.#rules.unlisted) return;
    for (const [path, node] of this.#nodes) {
      const isListed = node.listed !== undefined && node.outdated === undefined;
      if (node.type === "d" && !isListed) yield path;
    }
  }

  // --- what happens to rows -------------------------------------------------------------------

  placed(path: string, E: Evidence, node: Node): void {
    this.settle(path, E, node);
    if (node.type !== "f") this.#suspects.delete(path);
    if (this.#blind.get(path)?.kind === "deletion") this.#blind.delete(path);
  }

  removed(path: string, E: Evidence, isKnownRegion: boolean): void {
    const blind = this.#blind.get(path);
    const isTold = E.realtime || this.#doubts.get(path)?.told === true;
    this.#blind.delete(path);
    if (!isTold && isKnownRegion && blind?.kind !== "addition") {
      this.#spot(path, "deletion", E);
    }
    this.settle(path, E, undefined);
    this.#suspects.delete(path);
    this.#held.delete(path);
    this.#askedToList.delete(path);
  }

  moved(from: string, to: string): void {
    for (const marks of [this.#doubts, this.#suspects, this.#blind] as Map<string, never>[]) {
      for (const [path, mark] of [...marks]) {
        if (path !== from && !isBelow(path, from)) continue;
        marks.delete(path);
        marks.set(to + path.slice(from.length), mark);
      }
    }
  }

  // --- rule 6: lost is not gone; rule 7: unreadable, the brake ---------------------------------

  lose(scope: string, reason: string, host: string, at: number, by?: Evidence): void {
    this.#count("6 lost");
    const key = `lost ${host} ${scope}`;
    const known = this.#gaps.get(key);
    // The reason stands beside the time, so it is the first one too.
    const { since, reason: first } = known ?? { since: at, reason };
    // An overflow may be told of after the restart that followed it.
    const until = Math.max(at + this.#lag(), known?.until ?? -Infinity);
    const last = known === undefined ? by : laterOfBoot(known.by, by);
    const gap: Gap = { scope, kind: "lost", reason: first, host, since, until };
    this.#gaps.set(key, last === undefined ? gap : { ...gap, by: last });
  }

  /** Closed by later listings of every directory in scope, by the leader or by who lost it. */
  closeLost(): void {
    for (const [key, gap] of this.#gaps) {
      if (gap.kind === "unreadable") {
        // Of what is gone nothing has to be read.
        if (this.#isListedSince(gap)) this.#gaps.delete(key);
        continue;
      }
      let scope = gap.scope;
      while (this.#nodes.get(scope)?.type !== "d") scope = parentPath(scope);
      const directories = [...this.#nodes].filter(
        ([path, { type }]) => type === "d" && (path === scope || isBelow(path, scope)),
      );
      if (
        this.#rules.lost &&
        !directories.every(([path, node]) => this.#isSince(gap, path, node))
      ) {
        continue;
      }
      this.#count("6 closed");
      this.#gaps.delete(key);
    }
  }

  /** A listing without proof counts once nothing in it is in doubt. */
  #isSince(gap: Gap, directory: string, { listed, partial }: Node): boolean {
    const { host, until, by: lost } = gap;
    const isLater = (by: Evidence | undefined) =>
      by !== undefined &&
      ((by.boot === lost?.boot && by.own > lost.own + lost.lag) ||
        ((by.byLeader || by.host === host) && by.t0 - by.e > until));
    if (isLater(listed)) return true;
    return (
      isLater(partial) && ![...this.#doubts.keys()].some((path) => parentPath(path) === directory)
    );
  }

  #isListedSince({ scope, until }: Gap): boolean {
    if (this.#nodes.has(scope)) return false;
    let above = scope;
    while (this.#nodes.get(above)?.type !== "d") above = parentPath(above);
    const listed = this.#nodes.get(above)?.listed;
    return listed !== undefined && listed.t0 - listed.e - this.#lag() > until;
  }

  cannotRead(scope: string, errno: string, E: Evidence): void {
    this.#count("7 unreadable scope");
    const key = `unreadable ${E.host} ${scope}`;
    const since = this.#gaps.get(key)?.since ?? E.t0;
    const gap: Gap = { scope, kind: "unreadable", reason: errno, host: E.host, since, until: E.t0 };
    this.#gaps.set(key, gap);
  }

  /** Nothing that this host does not find there is gone. */
  isUnreadable(path: string, host: string): boolean {
    for (const gap of this.#gaps.values()) {
      if (gap.kind === "unreadable" && gap.host === host && isBelow(path, gap.scope)) return true;
    }
    return false;
  }

  /** A directory was listed, or is none: nothing in it cannot be read. */
  listed(scope: string, E: Evidence): void {
    this.#askedToList.delete(scope);
    for (const [key, gap] of this.#gaps) {
      if (gap.kind !== "unreadable" || gap.scope !== scope || E.t0 < gap.until) continue;
      if (gap.host === E.host || E.byLeader) this.#gaps.delete(key);
    }
  }

  beginCycle(size: number): void {
    const number = this.#cycle.number + 1;
    this.#cycle = this.#waiting() > 0 ? { ...this.#cycle, number } : { number, size, removed: 0 };
  }

  /** Rows that wait for a decision. */
  #waiting(): number {
    if (!this.#rules.waiting) return 0;
    const waiting = [...this.#held.values()].filter(({ decision }) => decision !== "rejected");
    return waiting.reduce((sum, { count }) => sum + count, 0);
  }

  isBraked(path: string, count: number, E: Evidence, rows: number, share: number): boolean {
    const live = this.#nodes.size;
    this.#cycle.size = Math.max(this.#cycle.size, live);
    const { size, removed, number } = this.#cycle;
    const hold = this.#held.get(path);
    const waiting = this.#waiting();
    // What came meanwhile makes up for as many; what events told of does not count.
    const loss = (more: number): number =>
      Math.min(size - (live - waiting - more), removed + waiting + more);
    if (hold !== undefined) {
      const { by, cycle, decision } = hold;
      const isSame = cycle < number && loss(0) <= size / 2;
      const mayGo = decision === undefined ? by.host !== E.host || isSame : decision === "approved";
      const missedAt = Math.max(hold.missedAt, E.t0 + E.e);
      if (mayGo) this.#held.delete(path);
      else this.#held.set(path, { ...hold, missedAt });
      if (mayGo) this.#cycle.removed += count;
      this.#count(mayGo ? "7 released" : "7 held");
      return !mayGo;
    }
    const all = loss(count);
    if (all <= rows || all <= share * size) {
      this.#cycle.removed += count;
      return false;
    }
    this.#count("7 held");
    this.#held.set(path, { by: E, missedAt: E.t0 + E.e, cycle: number, count });
    return true;
  }

  /** What was seen since it was missed is held no more. */
  seenAgain(path: string, E: Evidence): void {
    const missedAt = this.#rules.missed ? this.#held.get(path)?.missedAt : -Infinity;
    if (missedAt === undefined) return;
    if (E.t0 - E.lag - E.e > missedAt) this.#held.delete(path);
  }

  /** The latest word that missed what is held. */
  missedBy(path: string): Word | undefined {
    const hold = this.#held.get(path);
    return hold && { t0: hold.missedAt, e: 0, realtime: false };
  }

  /** What was held is gone. */
  release(path: string): void {
    this.#held.delete(path);
  }

  /** What an operator wants to stay, whatever goes above it, but for what an event tells. */
  keeps(path: string, E: Evidence): boolean {
    return this.#rules.rejection && !E.realtime && this.#held.get(path)?.decision === "rejected";
  }

  isApproved(path: string): boolean {
    return this.#held.get(path)?.decision === "approved";
  }

  /** What is held at and below these paths may go with the next word that misses it. */
  approve(paths: readonly string[]): string[] {
    const found = this.#heldWithin(paths);
    for (const path of found) {
      const hold = this.#held.get(path);
      this.#count("7 approved");
      if (hold !== undefined) this.#held.set(path, { ...hold, decision: "approved" });
    }
    return found;
  }

  /** What is held there stays, whoever misses it. */
  reject(paths: readonly string[]): void {
    for (const path of this.#heldWithin(paths)) {
      const hold = this.#held.get(path);
      this.#count("7 rejected");
      if (hold !== undefined) this.#held.set(path, { ...hold, decision: "rejected" });
    }
  }

  #heldWithin(paths: readonly string[]): string[] {
    return [...this.#held.keys()].filter((path) =>
      paths.some((given) => given === path || isBelow(path, given)),
    );
  }

  /** Nobody looks any more at what nobody reports. */
  purge(isReported: (path: string, isDirectory: boolean) => boolean): void {
    for (const path of this.#doubts.keys()) {
      if (!this.#nodes.has(path) && !isReported(path, true)) this.#doubts.delete(path);
    }
    for (const [path, { kind }] of this.#blind) {
      if (kind === "deletion" && !isReported(path, true)) this.#blind.delete(path);
    }
  }

  // --- rule 8: blind spots --------------------------------------------------------------------

  /** A known directory was listed again: what differs, and no event told, is a blind spot. */
  compare(
    path: string,
    before: Node | undefined,
    row: FsAttributes | undefined,
    E: Evidence,
  ): void {
    if (this.#doubts.get(path)?.told === true) return;
    if (before === undefined) {
      this.#spot(path, "addition", E);
      return;
    }
    const old = before.attributes;
    if (old === undefined || row === undefined || (old.type === "d" && row.type === "d")) return;
    const isSame = old.type === row.type && old.size === row.size && old.mtime === row.mtime;
    if (!isSame || old.mtimeNsec !== row.mtimeNsec) this.#spot(path, "modification", E);
  }

  #spot(path: string, kind: BlindSpot["kind"], E: Evidence): void {
    const known = this.#blind.get(path);
    this.#count(`8 ${kind}`);
    const stays = known?.kind === "addition" && kind === "modification" ? "addition" : kind;
    this.#blind.set(path, { kind: stays, firstAt: known?.firstAt ?? E.t0, lastAt: E.t0 });
  }

  /** An event on the name: what was found there without one is none of its own any more. */
  explain(path: string, E: Evidence): void {
    if (!E.realtime || !this.#rules.blindSpots) return;
    if (this.#blind.delete(path)) this.#count("8 explained");
  }

  // --- rule 9: suspects -----------------------------------------------------------------------

  /** A file's row was applied, or agreed. `before`: what was known of the name. */
  judge(
    path: string,
    before: FsAttributes | undefined,
    row: FsAttributes,
    E: Evidence,
    settled: boolean,
  ): void {
    const known = this.#suspects.get(path);
    const stood = before !== undefined && stoodStill(before, row, this.mask);
    if (settled) {
      if (this.#suspects.delete(path)) this.#count("9 closed");
      return;
    }
    const changedAt = row.ctime * 1_000 + row.ctimeNsec / 1e6;
    if (E.realtime) this.#skews.push(E.t0 - changedAt);
    if (this.#skews.length > SKEW_SAMPLES) this.#skews.shift();
    const skew = [...this.#skews].sort((a, b) => a - b)[this.#skews.length >> 1] ?? 0;
    const isHot = E.t0 - skew - (row.mtime * 1_000 + row.mtimeNsec / 1e6) < this.#hotMs;
    if (known !== undefined && stood) {
      if (!this.#rules.suspects || E.t0 < known.until) return;
      this.#count("9 stood still");
      this.#suspects.delete(path);
      return;
    }
    if (known === undefined && !E.realtime && (!isHot || stood)) return;
    this.#count("9 suspect");
    const until = E.t0 + this.#hotMs + this.#lag();
    this.#suspects.set(path, { until, askedAt: known?.askedAt ?? E.t0 });
  }
}

/** The later of what one boot lost. */
function laterOfBoot(a: Evidence | undefined, b: Evidence | undefined): Evidence | undefined {
  if (b === undefined || a?.boot !== b.boot) return undefined;
  return a.own + a.lag > b.own + b.lag ? a : b;
}
