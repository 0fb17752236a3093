import { isBelow, parentPath, type FileType, type FsAttributes } from "@fustor/schema-fs";
import { ALL_FIELDS, hasInodes, isAlike } from "../../src/alike.js";
import { isSame } from "../../src/table-reader.js";
import {
  isEager,
  isNewer,
  isNewerThroughCaches,
  isNotBefore,
  strongest,
  type Evidence,
  type Word,
} from "./evidence.js";
import type { Node } from "./node.js";
import type { Rules } from "./rules.js";
import { Trust } from "./trust.js";

/** How many pieces of evidence of a name are remembered, to explain it. */
const TRAIL_MAX = 4;

export interface BeliefOptions {
  readonly horizonMs: number;
  readonly hotThresholdMs: number;
  /** The brake takes hold above both. */
  readonly brakeRows: number;
  readonly brakeShare: number;
  readonly tombstonesMax: number;
  readonly onChange?:
    ((path: string, before: Node | undefined, after: Node | undefined) => void) | undefined;
}

/** Which rule decided over a name, by which evidence. */
export interface Decision {
  readonly rule: string;
  readonly evidence: Evidence;
}

/** What is believed of every name, and the rules by which a look at one name changes it. */
export class Belief {
  readonly nodes = new Map<string, Node>([
    ["/", { type: "d", attributes: undefined, seen: UNSEEN, alive: new Map() }],
  ]);
  readonly tombstones = new Map<string, Evidence>();
  readonly trust: Trust;
  readonly trails = new Map<string, readonly Decision[]>();
  readonly #rules: Rules;
  readonly #options: BeliefOptions;
  readonly #decided: Map<string, number>;

  constructor(
    rules: Rules,
    options: BeliefOptions,
    lagMs: () => number,
    decided: Map<string, number>,
  ) {
    this.#rules = rules;
    this.#options = options;
    this.#decided = decided;
    this.trust = new Trust(this.nodes, rules, options.hotThresholdMs, lagMs, (rule) => {
      this.count(rule);
    });
  }

  // --- rule 1: order; rule 3: existence climbs ------------------------------------------------

  /**
   * P was seen. True when the view now says what `row` says; without a row it is only known that P
   * is there, and what it is stays in doubt unless a digest `isProven` it.
   */
  exists(path: string, row: FsAttributes | undefined, E: Evidence, isProven = false): boolean {
    const obstacle = this.obstacle(path, E);
    if (obstacle !== undefined) {
      this.trust.doubt(path, E, obstacle);
      return false;
    }
    if (!this.climb(path, E)) return false;
    const node = this.nodes.get(path);
    if (node === undefined) {
      const rival = this.rival(path, E);
      this.set(path, { type: row?.type ?? "?", attributes: row, seen: E, alive: aliveBy(E) }, E);
      this.decide("1 created", path, E);
      if (rival !== undefined) this.trust.doubt(path, E, rival);
      this.doubtUnshown(path, E);
      return true;
    }
    raise(node, E);
    // A digest leaves out of a directory's row what the directory's own listing tells.
    if (row === undefined && isProven) {
      this.trust.seenAgain(path, E);
      return true;
    }
    if (row !== undefined && row.type !== "d") this.trust.listed(path, E);
    const { seen } = node;
    const agrees = row === undefined || this.#isSame(node.attributes, row, E);
    // A placeholder speaks of existence only: any row of the directory fills it.
    const isFilled = node.type === "d" && node.attributes === undefined && row?.type === "d";
    const isSure = isFilled || this.#isNewer(E, seen);
    const wins = isSure || (this.#rules.eager && isEager(E, seen));
    if (agrees) {
      this.decide(wins ? "1 confirmed" : "1 agreed", path, E);
      if (isSure) node.seen = E;
      this.trust.settle(path, E, node);
      const isVague = row === undefined && node.attributes !== undefined;
      if (isVague) this.trust.doubt(path, E, E);
      return !isVague;
    }
    if (!wins || !this.#allowType(path, node, row.type, E)) {
      this.decide("1 existence loses", path, E);
      this.trust.doubt(path, E, node.seen);
      return false;
    }
    this.decide("1 updated", path, E);
    const isSameDirectory = node.attributes === undefined || this.isSameInode(path, row);
    const isKept = node.type === "d" && row.type === "d" && isSameDirectory;
    const { listed, partial, outdated } = node;
    const isLater = !isFilled || this.#isNewer(E, seen);
    const next = { type: row.type, attributes: row, seen: isLater ? E : seen, alive: node.alive };
    this.set(path, isKept ? { ...next, listed, partial, outdated } : next, E);
    if (!isSure) this.trust.doubt(path, E, seen);
    if (node.type === "d" && row.type === "d" && !isKept) {
      this.decide("1 another inode", path, E);
      for (const child of this.childrenOf(path)) this.trust.doubt(child, E, E);
    }
    return true;
  }

  /** An event tells what its host sees. Else only that counts which every host sees alike. */
  #isSame(known: FsAttributes | undefined, row: FsAttributes, E: Evidence): boolean {
    if (known === undefined) return false;
    return isSame(known, row) || (!E.realtime && this.#isAlike(known, row));
  }

  #isAlike(known: FsAttributes, row: FsAttributes): boolean {
    const { mask } = this.trust;
    return mask !== ALL_FIELDS && isAlike(known, row, mask);
  }

  /** True unless the inode says that it is another thing. */
  isSameInode(path: string, row: FsAttributes): boolean {
    const known = this.nodes.get(path)?.attributes;
    return known !== undefined && (known.ino === row.ino || !hasInodes(this.trust.mask));
  }

  /** The root stays a directory; elsewhere another type is absence for everything below. */
  #allowType(path: string, node: Node, type: FileType, E: Evidence): boolean {
    if (node.type !== "d" || type === "d") return true;
    if (path === "/") return false;
    const below = this.below(path);
    const isKept = below.some((other) => this.trust.keeps(other, E));
    const count = isKept ? this.#goingWith(path, below, E) : below.length;
    if (!E.realtime && this.#isBraked(path, count, E)) {
      this.#letApprovedGo(below, E);
      return false;
    }
    if (isKept) {
      this.#sink(below, E);
      return false;
    }
    let isFree = true;
    for (const other of below) {
      const stronger = this.stronger(other, E);
      if (stronger !== undefined) isFree = false;
      if (stronger !== undefined) this.trust.doubt(other, E, stronger);
    }
    if (!isFree) return false;
    for (const other of below) this.remove(other, E, "1 type changed");
    this.bury(path, E);
    // It was the directory that was held. Who missed the name later may have missed this too.
    const missed = this.trust.missedBy(path);
    this.trust.release(path);
    if (missed !== undefined && E.t0 - E.e <= missed.t0) this.trust.doubt(path, E, missed);
    return true;
  }

  climb(path: string, E: Evidence): boolean {
    if (!this.#rules.climb) return this.nodes.get(parentPath(path))?.type === "d";
    for (const at of ancestors(path)) {
      const node = this.nodes.get(at);
      if (node?.type === "d") {
        raise(node, E);
      } else if (node === undefined || node.type === "?" || this.#isNewer(E, node.seen)) {
        // Of a name that could not be looked at an older word tells what it is, and no more.
        const isOlder = node !== undefined && !this.#isNewer(E, node.seen);
        const { seen, alive } = isOlder ? node : { seen: E, alive: aliveBy(E) };
        const directory: Node = { type: "d", attributes: undefined, seen, alive };
        if (isOlder) raise(directory, E);
        this.set(at, directory, E);
        this.decide("3 placeholder", at, E);
      } else {
        this.trust.doubt(at, E, node.seen);
        this.trust.doubt(path, E, node.seen);
        return false;
      }
    }
    return true;
  }

  // --- rule 2: absent names remember ----------------------------------------------------------

  /** What says that P is not there, and is not older than E. */
  obstacle(path: string, E: Evidence): Evidence | undefined {
    const rival = this.rival(path, E);
    return rival !== undefined && this.#rules.eager && isEager(E, rival) ? undefined : rival;
  }

  /** The same, though an event of another host may outdo it for the time being. */
  rival(path: string, E: Evidence): Evidence | undefined {
    if (this.nodes.has(path)) return undefined;
    for (const at of [path, ...ancestors(path), "/"]) {
      const buried = this.tombstones.get(at);
      const rule = at === path ? this.#rules.tombstones : this.#rules.barriers;
      if (rule && buried !== undefined && !this.#isNewer(E, buried)) {
        this.decide(at === path ? "2 tombstone" : "2 barrier", path, E);
        return buried;
      }
    }
    let missing = path;
    while (!this.nodes.has(parentPath(missing))) missing = parentPath(missing);
    const listed = this.nodes.get(parentPath(missing))?.listed;
    if (listed === undefined || !this.#rules.listedAt || this.#isNewer(E, listed)) return undefined;
    if (!listed.scope.admits(missing, missing !== path)) return undefined;
    this.decide("2 listed without", path, E);
    return listed;
  }

  /** Rule 4: a listing without proof that is not older did not show a name that comes only now. */
  doubtUnshown(path: string, E: Evidence): void {
    const partial = this.nodes.get(parentPath(path))?.partial;
    if (!this.#rules.unshown || partial === undefined || this.#isNewer(E, partial)) return;
    this.count("4 not shown");
    this.trust.doubt(path, E, partial);
  }

  bury(path: string, E: Evidence): void {
    const known = this.tombstones.get(path);
    if (known !== undefined && !isNotBefore(E, known)) return;
    this.tombstones.delete(path);
    this.tombstones.set(path, E);
    if (this.tombstones.size <= this.#options.tombstonesMax) return;
    // The oldest is folded into its directory's, which blocks more, and doubts what it blocks.
    const [[oldest, evidence] = [path, E]] = this.tombstones;
    this.tombstones.delete(oldest);
    this.count("2 folded");
    const directory = this.nodes.get(parentPath(oldest));
    if (directory !== undefined) directory.listed = undefined;
    if (oldest !== "/") this.bury(parentPath(oldest), evidence);
  }

  // --- rules 1, 5: absence --------------------------------------------------------------------

  /** What keeps an absence from removing P: its own last evidence, and other hosts' words. */
  stronger(path: string, E: Evidence): Word | undefined {
    const node = this.nodes.get(path);
    if (node === undefined) return undefined;
    const words = this.#isNewer(E, node.seen) ? [] : [node.seen];
    for (const [host, alive] of this.#rules.alive ? node.alive : []) {
      const isOwn = host === E.host;
      if (isOwn ? this.#isNewer(E, alive) : isNewerThroughCaches(E, alive)) continue;
      if (words.length === 0) this.count("1 alive");
      words.push(alive);
    }
    return strongest(words);
  }

  /** P was looked for and not found. */
  absent(path: string, E: Evidence, rule: string): void {
    const node = this.nodes.get(path);
    if (path === "/" || this.#isOutOfView(path, node?.type === "d", E)) return;
    if (node === undefined) {
      this.bury(path, E);
      this.trust.explain(path, E);
      this.trust.settleBelow(path, E);
      return;
    }
    this.#go(path, node, E, rule);
  }

  /** P is missed, by a word on its own name or on a directory above. */
  #go(path: string, node: Node, E: Evidence, rule: string): void {
    const stronger = this.stronger(path, E);
    if (stronger !== undefined) {
      this.decide("1 absence loses", path, E);
      this.trust.doubt(path, E, stronger);
      return;
    }
    const below = this.below(path);
    if (!E.realtime && this.#isBraked(path, this.#goingWith(path, below, E), E)) {
      this.#letApprovedGo(below, E);
      return;
    }
    this.#sink(below, E);
    if (this.childrenOf(path).length > 0) {
      this.decide("3 kept for what is below", path, E);
      this.bury(path, E);
      node.listed = undefined;
      this.trust.doubt(path, E, node.seen);
      this.trust.settleBelow(path, E);
      return;
    }
    this.remove(path, E, rule);
    this.trust.settleBelow(path, E);
  }

  /** A speaker's silence counts only for what it reports, and where it can read. */
  #isOutOfView(path: string, isDirectory: boolean, E: Evidence): boolean {
    if (this.#rules.scope && !E.scope.admits(path, isDirectory)) {
      this.count("scope");
      return true;
    }
    if (E.realtime || !this.#rules.rootGuard) return false;
    if (!this.trust.isUnreadable(path, E.host)) return false;
    this.count("7 unreadable");
    this.trust.doubt(path, E, E);
    return true;
  }

  /** Rule 7: removals without events above both limits are held until something confirms them. */
  #isBraked(path: string, count: number, E: Evidence): boolean {
    if (!this.#rules.brake || count === 0) return false;
    const { brakeRows, brakeShare } = this.#options;
    return this.trust.isBraked(path, count, E, brakeRows, brakeShare);
  }

  /** Takes out what may go; the rest is in doubt, or stays. */
  #sink(below: readonly string[], E: Evidence): void {
    for (const other of below) {
      if (this.childrenOf(other).length > 0 || this.trust.keeps(other, E)) continue;
      const better = this.stronger(other, E);
      if (better === undefined) this.remove(other, E, "1 sunk");
      else this.trust.doubt(other, E, better);
    }
  }

  /** What may go of a directory that is held itself: it was missed with it. */
  #letApprovedGo(below: readonly string[], E: Evidence): void {
    for (const other of below) {
      const node = this.nodes.get(other);
      if (node !== undefined && this.trust.isApproved(other)) this.#go(other, node, E, "1 sunk");
    }
  }

  /** How many would go with a directory: neither what was rejected nor what that is in. */
  #goingWith(path: string, below: readonly string[], E: Evidence): number {
    const kept = below.filter((other) => this.trust.keeps(other, E));
    const stays = (at: string): boolean => kept.some((k) => k === at || isBelow(k, at));
    return [path, ...below].filter((at) => !stays(at)).length;
  }

  /** Takes out what nobody reports any more. It is no blind spot: an agent has said so. */
  purge(isReported: (path: string, isDirectory: boolean) => boolean, E: Evidence): void {
    const top = [...this.nodes.keys()].sort().filter((path) => {
      return path !== "/" && !isReported(path, this.nodes.get(path)?.type === "d");
    });
    for (const path of top.reverse()) {
      for (const other of [...this.below(path), path]) this.remove(other, E, "scope purged");
    }
    this.trust.purge(isReported);
  }

  remove(path: string, E: Evidence, rule: string): void {
    const node = this.nodes.get(path);
    if (node === undefined) return;
    this.trust.removed(path, E, this.nodes.get(parentPath(path))?.listed !== undefined);
    this.nodes.delete(path);
    this.bury(path, E);
    this.decide(rule, path, E);
    this.#tell(path, node, undefined);
  }

  // --- what all rules share -------------------------------------------------------------------

  set(path: string, node: Node, E: Evidence): void {
    const before = this.nodes.get(path);
    this.nodes.set(path, node);
    this.trust.placed(path, E, node);
    this.#tell(path, before, node);
  }

  /** Before every record, so that nothing depends on how often ticks come. */
  expire(at: number): void {
    this.trust.closeLost();
    for (const [path, { t0, lag, e }] of this.tombstones) {
      // Stale caches may speak of it for one lag longer.
      if (at - t0 <= this.#options.horizonMs + lag + 2 * e) continue;
      this.tombstones.delete(path);
      this.count("2 expired");
    }
  }

  #isNewer(late: Evidence, early: Evidence): boolean {
    return !this.#rules.order || isNewer(late, early, this.#rules.sameOrder);
  }

  childrenOf(directory: string): string[] {
    return [...this.nodes.keys()].filter((path) => path !== "/" && parentPath(path) === directory);
  }

  /** All below, children before their parents. */
  below(directory: string): string[] {
    const below = [...this.nodes.keys()].filter((path) => isBelow(path, directory));
    return below.sort((a, b) => b.length - a.length);
  }

  /** Rule `rule` decided, over `path` by E. */
  decide(rule: string, path: string, E: Evidence): void {
    this.count(rule);
    const trail = this.trails.get(path) ?? [];
    this.trails.set(path, [...trail, { rule, evidence: E }].slice(-TRAIL_MAX));
  }

  count(rule: string): void {
    this.#decided.set(rule, (this.#decided.get(rule) ?? 0) + 1);
  }

  #tell(path: string, before: Node | undefined, after: Node | undefined): void {
    this.#options.onChange?.(path, before, after);
  }
}

/** What an operator says at Fusion time `at`. */
export function spokenAt(at: number): Evidence {
  return { ...UNSEEN, t0: at, own: at };
}

/** Older than all evidence there is. */
const UNSEEN: Evidence = {
  source: "snapshot",
  realtime: false,
  host: "",
  boot: "",
  order: "",
  t0: -Infinity,
  own: -Infinity,
  e: 0,
  lag: 0,
  scope: { admits: () => false },
  byLeader: false,
};

export function aliveBy(E: Evidence): Map<string, Evidence> {
  return new Map([[E.host, E]]);
}

function raise({ alive }: Node, E: Evidence): void {
  const known = alive.get(E.host);
  if (known === undefined || known.t0 < E.t0) alive.set(E.host, E);
}

/** From the first below the root down to the parent; the root is always there. */
function ancestors(path: string): string[] {
  const found: string[] = [];
  for (let at = parentPath(path); at !== "/"; at = parentPath(at)) found.unshift(at);
  return found;
}
