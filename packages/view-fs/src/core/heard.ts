import { isDirectory, ROOT, type NodeId, type Tree } from "../tree/index.js";
import { isNewer, isNewerThroughCaches, joined, type Evidence, type Word } from "./evidence.js";
import { copyOfMap } from "./copies.js";
import { HEARD } from "./flags.js";
import type { Rule } from "./rules.js";
import type { Voice, Voices } from "./voices.js";

/** What one host said last for a node's existence. */
export interface Said {
  readonly voice: Voice;
  readonly own: number;
}

/**
 * By how much the last evidence has to outlast another host's for that to be forgotten: more than
 * any clock is taken to be wrong.
 */
const SURE_MS = 60_000;

/** In a checkpoint: what stands beside the tree. */
export interface HeardCopy {
  readonly others: Iterable<readonly [NodeId, readonly Said[]]>;
  readonly floor: Word | undefined;
}

/**
 * What nodes rest on: the last evidence that set each, in the tree's columns, and beside it the
 * newest evidence of other hosts that it exists, where there is any. A directory has room for one
 * of these in the tree, because whatever is heard from below speaks for it.
 */
export class Heard {
  readonly #tree: Tree;
  readonly #voices: Voices;
  readonly #max: number;
  readonly #others = new Map<NodeId, readonly Said[]>();
  /** The newest of what had to be forgotten: for so long any node may be somebody's. */
  #floor: Word | undefined;

  constructor(tree: Tree, voices: Voices, max: number) {
    this.#tree = tree;
    this.#voices = voices;
    this.#max = max;
  }

  get size(): number {
    return this.#others.size;
  }

  /** The node is by E from now on; what others said stays. */
  believe(id: NodeId, E: Evidence, voice: Voice, rule: Rule): void {
    const { at, by } = this.#tree.seen(id);
    if (by !== voice.number) this.#keep(id, this.#voices.get(by), at, E);
    this.#tree.setSeen(id, E.own, voice.number, rule);
  }

  /** The node is by E alone, whatever was said of it before. */
  begin(id: NodeId, E: Evidence, voice: Voice, rule: Rule): void {
    this.forget(id);
    this.#tree.setSeen(id, E.own, voice.number, rule);
  }

  /** E says that the node exists, and no more. */
  raise(id: NodeId, E: Evidence, voice: Voice): void {
    if (id === ROOT) return;
    const known = this.#find(id, E.host);
    if (known !== undefined) {
      if (timeOf(known) < E.t0) this.#put(id, { voice, own: E.own });
      return;
    }
    const { at, by } = this.#tree.seen(id);
    const seen = this.#voices.get(by);
    if (seen.host === E.host && at + seen.offset >= E.t0) return;
    this.#put(id, { voice, own: E.own });
  }

  /** What was said for the node beside its last evidence and an absence by E does not outdo. */
  denier(id: NodeId, E: Evidence, order: string | undefined): Word | undefined {
    const floor = this.#floor;
    let found = floor === undefined || isNewerThroughCaches(E, floor) ? undefined : floor;
    const { at, by } = this.#tree.seen(id);
    const seen = this.#voices.get(by);
    for (const said of this.all(id)) {
      const word = wordOf(said);
      // Of each host its newest word counts alone.
      if (said.voice.host === seen.host && word.t0 < at + seen.offset) continue;
      const isOutdone =
        said.voice.host === E.host
          ? isNewer(E, order, said.voice, said.own)
          : isNewerThroughCaches(E, word);
      if (!isOutdone) found = joined(word, found);
    }
    return found;
  }

  /** All but what the node rests on. */
  all(id: NodeId): readonly Said[] {
    const others = (this.#tree.flags(id) & HEARD) === 0 ? undefined : this.#others.get(id);
    const slot = this.#slot(id);
    if (slot === undefined) return others ?? NONE;
    return others === undefined ? [slot] : [slot, ...others];
  }

  /** The node is gone, or begins anew. */
  forget(id: NodeId): void {
    if (isDirectory(id) && this.#tree.heard(id).by !== 0) this.#tree.setHeard(id, EMPTY);
    this.#setOthers(id, NONE);
  }

  replaced(before: NodeId, after: NodeId): void {
    for (const said of this.all(before)) this.#put(after, said);
    this.#setOthers(before, NONE);
  }

  /** Forgets what no evidence can be old enough to fall behind. */
  prune(before: number): void {
    for (const [id, others] of this.#others) {
      const kept = others.filter((said) => timeOf(said) + said.voice.error >= before);
      if (kept.length < others.length) this.#setOthers(id, kept);
    }
    if (this.#floor !== undefined && this.#floor.t0 + this.#floor.error < before) {
      this.#floor = undefined;
    }
  }

  /** The numbers of the voices that are kept here. */
  *voices(): Generator<number> {
    for (const others of this.#others.values()) for (const { voice } of others) yield voice.number;
  }

  /** Voices have other numbers from now on. */
  renumber(becomes: (number: number) => number): void {
    for (const [id, others] of this.#others) {
      const renumbered = others.map(({ voice, own }) => {
        return { voice: this.#voices.get(becomes(voice.number)), own };
      });
      this.#others.set(id, renumbered);
    }
  }

  *entries(): Generator<readonly [string, readonly (readonly [string, number])[]]> {
    for (const [id, others] of this.#others) {
      yield [this.#tree.path(id), others.map((said) => [said.voice.host, timeOf(said)] as const)];
    }
  }

  copy(): HeardCopy {
    return { others: copyOfMap(this.#others), floor: this.#floor };
  }

  restore({ others, floor }: HeardCopy): void {
    for (const [id, said] of others) this.#others.set(id, said);
    this.#floor = floor;
  }

  #keep(id: NodeId, seen: Voice, own: number, E: Evidence): void {
    const all = this.all(id);
    for (const said of all) {
      const isOwn = said.voice.host === E.host;
      if (isOwn ? timeOf(said) < E.t0 : isOutlasted(said, E)) this.#drop(id, said.voice.host);
    }
    const said = { voice: seen, own };
    if (seen.number === 0 || all.some(({ voice }) => voice.host === seen.host)) return;
    const isLater = seen.host === E.host ? timeOf(said) >= E.t0 : !isOutlasted(said, E);
    if (isLater) this.#put(id, said);
  }

  #find(id: NodeId, host: string): Said | undefined {
    const slot = this.#slot(id);
    if (slot?.voice.host === host) return slot;
    if ((this.#tree.flags(id) & HEARD) === 0) return undefined;
    return this.#others.get(id)?.find(({ voice }) => voice.host === host);
  }

  #slot(id: NodeId): Said | undefined {
    if (!isDirectory(id)) return undefined;
    const { at, by } = this.#tree.heard(id);
    return by === 0 ? undefined : { voice: this.#voices.get(by), own: at };
  }

  #put(id: NodeId, said: Said): void {
    if (isDirectory(id)) {
      const slot = this.#slot(id);
      const others = this.#others.get(id) ?? NONE;
      const isElsewhere = others.some(({ voice }) => voice.host === said.voice.host);
      if (!isElsewhere && (slot === undefined || slot.voice.host === said.voice.host)) {
        this.#tree.setHeard(id, { at: said.own, by: said.voice.number });
        return;
      }
    }
    const others = this.#others.get(id) ?? NONE;
    const rest = others.filter(({ voice }) => voice.host !== said.voice.host);
    this.#setOthers(id, [...rest, said]);
    if (this.#others.size > this.#max) this.#dropOldest();
  }

  #drop(id: NodeId, host: string): void {
    const slot = this.#slot(id);
    if (slot?.voice.host === host) {
      this.#tree.setHeard(id, EMPTY);
      return;
    }
    const others = this.#others.get(id) ?? NONE;
    this.#setOthers(
      id,
      others.filter(({ voice }) => voice.host !== host),
    );
  }

  #setOthers(id: NodeId, others: readonly Said[]): void {
    const flags = this.#tree.flags(id);
    if (others.length > 0) {
      this.#others.set(id, others);
      this.#tree.setFlags(id, flags | HEARD);
    } else if ((flags & HEARD) !== 0) {
      this.#others.delete(id);
      this.#tree.setFlags(id, flags & ~HEARD);
    }
  }

  /** Forgets one node's, and from then on takes every node for somebody's for as long. */
  #dropOldest(): void {
    const [oldest] = this.#others;
    if (oldest === undefined) return;
    const [id, others] = oldest;
    for (const said of others) {
      const { t0, error } = wordOf(said);
      const floor = this.#floor ?? { t0, error, realtime: false };
      this.#floor = {
        t0: Math.max(floor.t0, t0),
        error: Math.max(floor.error, error),
        realtime: false,
      };
    }
    this.#setOthers(id, NONE);
  }
}

const NONE: readonly Said[] = [];
const EMPTY = { at: -Infinity, by: 0 };

function timeOf({ voice, own }: Said): number {
  return own + voice.offset;
}

function wordOf(said: Said): Word {
  const { error, manner } = said.voice;
  return { t0: timeOf(said), error, realtime: manner === "event" };
}

/** What yields to E by far yields to whatever may follow on E. */
function isOutlasted({ voice, own }: Said, E: Evidence): boolean {
  return own + voice.offset + voice.error + SURE_MS < E.t0 - E.lag - E.error;
}
