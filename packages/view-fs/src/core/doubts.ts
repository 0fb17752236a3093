import { parentPath } from "@fustor/schema-fs";
import { ROOT, type NodeId, type Tree } from "../tree/index.js";
import { DueList, type Due } from "./due-list.js";
import type { Evidence, Word } from "./evidence.js";
import { DOUBTED } from "./flags.js";
import { PathMap } from "./path-map.js";

/** A name that there is, by its node, or one that there is not, by its path. */
export type Key = NodeId | string;

interface Doubt extends Due {
  key: Key;
  /** A look has to be newer than this, its lag and error counted, to settle it. */
  since: number;
  /** A kernel event took part: what comes of it is no blind spot. */
  told: boolean;
}

/** A doubt of a checkpoint. */
export interface DoubtCopy {
  readonly key: Key;
  readonly since: number;
  readonly due: number;
  readonly told: boolean;
}

/** How long a session has to answer before another look is asked for. */
export const ANSWER_MS = 10_000;

/**
 * Names that stand against what was said of them. Each is looked at again once caches can tell.
 */
export class Doubts {
  readonly #tree: Tree;
  readonly #byNode = new Map<NodeId, Doubt>();
  readonly #byPath = new PathMap<Doubt>();
  readonly #dues = new DueList<Doubt>();

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  get size(): number {
    return this.#byNode.size + this.#byPath.size;
  }

  /** E lost against `other`, or both leave it open. `lag`: the longest of all who speak. */
  add(key: Key, E: Evidence, other: Word, lag: number): void {
    const known = this.#get(key);
    const since = Math.max(E.t0 + E.error, other.t0 + other.error, known?.since ?? -Infinity);
    const wait = Math.max(lag + E.error + 1, E.isSentinel ? ANSWER_MS : 0);
    const told = E.realtime || other.realtime;
    if (known === undefined) {
      this.#put({ key, since, due: since + wait, told, isOpen: true });
      return;
    }
    known.since = since;
    known.told ||= told;
    // Renewed while it waits, it keeps its time: else a busy name would never be looked at.
    if (E.isSentinel) this.#setDue(known, since + wait);
  }

  /** E was applied to the name, or agreed with it. True when that settles it. */
  settle(key: Key, E: Evidence, lag: number): boolean {
    const doubt = this.#get(key);
    if (doubt === undefined) return false;
    if (E.t0 - E.lag - E.error > doubt.since) {
      this.#delete(doubt);
      return true;
    }
    if (E.isSentinel) this.#setDue(doubt, doubt.since + lag + E.error + 1);
    return false;
  }

  /** Nobody looks at the name any more. */
  forget(key: Key): void {
    const doubt = this.#get(key);
    if (doubt !== undefined) this.#delete(doubt);
  }

  wasTold(key: Key): boolean {
    return this.#get(key)?.told === true;
  }

  has(key: Key): boolean {
    return this.#get(key) !== undefined;
  }

  /** The name was handed out to be looked at. */
  asked(key: Key, waitUntil: number): void {
    const doubt = this.#get(key);
    if (doubt !== undefined) this.#setDue(doubt, waitUntil);
  }

  *due(at: number): Generator<string> {
    for (const doubt of this.#dues.at(at)) yield this.#pathOf(doubt);
  }

  *paths(): Generator<string> {
    for (const doubt of this.#byNode.values()) yield this.#pathOf(doubt);
    for (const [path] of this.#byPath.within("/")) yield path;
  }

  /** Paths at and below `path` that there are no nodes of. */
  absentWithin(path: string): string[] {
    return this.#byPath.within(path).map(([at]) => at);
  }

  /** True when some name in the directory, not deeper, is in doubt. The root stands in itself. */
  isAnyIn(directory: NodeId): boolean {
    if (directory === ROOT && this.#byNode.has(ROOT)) return true;
    if (this.#byNode.size < this.#tree.childCount(directory)) {
      for (const id of this.#byNode.keys()) {
        if (this.#tree.parent(id) === directory) return true;
      }
    } else if (this.#byNode.size > 0) {
      const children = this.#tree.childrenOf(directory);
      if (children.some((id) => (this.#tree.flags(id) & DOUBTED) !== 0)) return true;
    }
    if (this.#byPath.size === 0) return false;
    const names = this.#byPath.node(this.#tree.path(directory))?.children?.values() ?? [];
    return [...names].some(({ value }) => value !== undefined);
  }

  /** True when names that are not there may be in doubt in a directory. */
  hasAbsentIn(directory: string): boolean {
    return this.#byPath.size > 0 && this.#byPath.node(directory)?.children !== undefined;
  }

  /** A path has a node now. What the node brought along counts more. */
  appeared(path: string, id: NodeId): void {
    const doubt = this.#byPath.get(path);
    if (doubt === undefined) return;
    this.#byPath.delete(path);
    if ((this.#tree.flags(id) & DOUBTED) !== 0) {
      doubt.isOpen = false;
      return;
    }
    doubt.key = id;
    this.#hold(doubt);
  }

  /** A node is about to go: its name stays in doubt. */
  vanished(id: NodeId, path: string): void {
    const doubt = this.#byNode.get(id);
    if (doubt === undefined) return;
    this.#byNode.delete(id);
    doubt.key = path;
    this.#hold(doubt);
  }

  /** A node takes another's place under the same name. */
  replaced(before: NodeId, after: NodeId): void {
    const doubt = this.#byNode.get(before);
    if (doubt === undefined) return;
    this.#byNode.delete(before);
    doubt.key = after;
    this.#hold(doubt);
  }

  /** A directory moved: so do the names in it that are not there. */
  moved(from: string, to: string): void {
    for (const [path, doubt] of this.#byPath.within(from)) {
      this.#byPath.delete(path);
      const target = to + path.slice(from.length);
      const other = this.#byPath.get(target);
      if (other !== undefined) other.isOpen = false;
      doubt.key = target;
      this.#hold(doubt);
    }
  }

  /** Gives up the oldest doubt, and says in which directory it was. */
  drop(): string | undefined {
    for (const doubt of this.#byNode.values()) {
      this.#delete(doubt);
      return parentPath(this.#pathOf(doubt));
    }
    for (const [path, doubt] of this.#byPath.within("/")) {
      this.#delete(doubt);
      return parentPath(path);
    }
    return undefined;
  }

  /** For the state's hash. */
  *entries(): Generator<readonly [string, number, number, boolean]> {
    for (const doubt of this.#byNode.values()) {
      yield [this.#pathOf(doubt), doubt.since, doubt.due, doubt.told];
    }
    for (const [path, { since, due, told }] of this.#byPath.within("/")) {
      yield [path, since, due, told];
    }
  }

  /** In an order in which they can be added again. */
  copy(): DoubtCopy[] {
    const byPath = this.#byPath.within("/").reverse();
    const doubts = [...this.#byNode.values(), ...byPath.map(([, doubt]) => doubt)];
    return doubts.map(({ key, since, due, told }) => ({ key, since, due, told }));
  }

  restore(doubts: Iterable<DoubtCopy>): void {
    for (const doubt of doubts) this.#put({ ...doubt, isOpen: true });
  }

  #get(key: Key): Doubt | undefined {
    return typeof key === "number" ? this.#byNode.get(key) : this.#byPath.get(key);
  }

  #put(doubt: Doubt): void {
    this.#hold(doubt);
    this.#dues.schedule(doubt, this.size);
  }

  #hold(doubt: Doubt): void {
    const { key } = doubt;
    if (typeof key === "string") {
      this.#byPath.set(key, doubt);
      return;
    }
    this.#byNode.set(key, doubt);
    this.#tree.setFlags(key, this.#tree.flags(key) | DOUBTED);
  }

  #delete(doubt: Doubt): void {
    const { key } = doubt;
    doubt.isOpen = false;
    if (typeof key === "string") {
      this.#byPath.delete(key);
      return;
    }
    this.#byNode.delete(key);
    this.#tree.setFlags(key, this.#tree.flags(key) & ~DOUBTED);
  }

  #setDue(doubt: Doubt, due: number): void {
    doubt.due = due;
    this.#dues.schedule(doubt, this.size);
  }

  #pathOf({ key }: Doubt): string {
    return typeof key === "string" ? key : this.#tree.path(key);
  }
}
