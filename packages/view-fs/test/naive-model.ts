import { isBelow, joinPath, parentPath, type FsAttributes } from "@fustor/schema-fs";
import { mayAppear, mayRemove, mayUpdate, order, type Evidence } from "../src/arbiter.js";

export interface Entry {
  attributes: FsAttributes | undefined;
  seen: Evidence;
  told: Evidence | undefined;
  listed?: Evidence;
}

/** What the parts of one listing have in common. */
export class NaiveListing {
  readonly named = new Set<string>();
  isBelieved = true;
}

/** The rules on flat maps from path to entry, slow and plain: what the tree is compared with. */
export class NaiveModel {
  readonly entries: Map<string, Entry>;
  readonly graves = new Map<string, { evidence: Evidence; absent: boolean }>();

  /** `unseen` is what the root rests on until something is heard of it. */
  constructor(unseen: Evidence) {
    this.entries = new Map([["/", { attributes: undefined, seen: unseen, told: undefined }]]);
  }

  change(evidence: Evidence, upserts: ReadonlyMap<string, FsAttributes>, deletes: string[]): void {
    for (const path of deletes) {
      const entry = this.entries.get(path);
      const isLeaf = entry === undefined || !isDirectory(entry);
      if (entry === undefined) {
        const listed = this.entries.get(parentPath(path))?.listed;
        if (listed !== undefined && order(evidence, listed) === "older") continue;
      }
      if (entry === undefined || (this.#remove(path, evidence) && isLeaf)) {
        this.#bury(path, evidence, true);
      }
    }
    for (const [path, attributes] of upserts) {
      if (this.#open(parentPath(path), evidence)) this.#put(path, attributes, evidence);
    }
  }

  /**
   * `whole` says that this is the last part of the listing and nothing is missing. False when its
   * directory is known not to be there.
   */
  listing(
    evidence: Evidence,
    path: string,
    rows: ReadonlyMap<string, FsAttributes>,
    listing: NaiveListing,
    { whole }: { readonly whole: boolean },
  ): boolean {
    if (!this.#open(path, evidence)) return false;
    const directory = this.#get(path);
    if (mayUpdate(evidence, directory)) believe(directory, evidence);
    for (const [name, attributes] of rows) {
      this.#put(joinPath(path, name), attributes, evidence);
      if (!this.entries.has(joinPath(path, name))) listing.isBelieved = false;
      listing.named.add(joinPath(path, name));
    }
    if (!whole) return true;
    for (const child of [...this.entries.keys()]) {
      const isOther = child !== "/" && parentPath(child) === path && !listing.named.has(child);
      if (isOther && this.entries.has(child)) this.#remove(child, evidence);
    }
    const { listed } = directory;
    if (listing.isBelieved && (listed === undefined || order(evidence, listed) !== "older")) {
      directory.listed = evidence;
    }
    return true;
  }

  #get(path: string): Entry {
    const entry = this.entries.get(path);
    if (entry === undefined) throw new Error(`${path} is not in the model`);
    return entry;
  }

  #open(path: string, evidence: Evidence): boolean {
    for (const at of [...ancestors(path), path]) {
      if (at === "/") continue;
      const entry = this.entries.get(at);
      if (entry === undefined) {
        if (this.#isGone(at, evidence) || this.#isBuried(path, evidence)) return false;
        this.#add(at, undefined, evidence);
      } else if (!isDirectory(entry)) {
        if (!mayUpdate(evidence, entry)) return false;
        entry.attributes = undefined;
        believe(entry, evidence);
      }
    }
    return true;
  }

  #put(path: string, attributes: FsAttributes, evidence: Evidence): void {
    const entry = this.entries.get(path);
    if (entry === undefined) {
      if (!this.#isGone(path, evidence)) this.#add(path, attributes, evidence);
      return;
    }
    if (!mayUpdate(evidence, entry)) return;
    if (isDirectory(entry) && attributes.type !== "d") {
      this.#removeBelow(path, evidence);
      if (this.#hasChildren(path)) return;
      this.#forgetIn(path, evidence);
      this.#bury(path, evidence, false);
    }
    entry.attributes = attributes;
    believe(entry, evidence);
    if (attributes.type !== "d") delete entry.listed;
  }

  #add(path: string, attributes: FsAttributes | undefined, evidence: Evidence): void {
    const entry: Entry = { attributes, seen: evidence, told: undefined };
    this.entries.set(path, entry);
    const grave = this.graves.get(path);
    if (grave !== undefined && isDirectory(entry)) grave.absent = false;
    else this.graves.delete(path);
  }

  #remove(path: string, evidence: Evidence): boolean {
    const wasDirectory = isDirectory(this.#get(path));
    this.#removeBelow(path, evidence);
    const removed = this.#removeLeaf(path, evidence);
    if (wasDirectory) this.#bury(path, evidence, removed);
    return removed;
  }

  #removeBelow(path: string, evidence: Evidence): void {
    const below = [...this.entries.keys()].filter((other) => isBelow(other, path));
    for (const other of below.sort((p, q) => q.length - p.length)) {
      if (this.#removeLeaf(other, evidence)) delete this.#get(parentPath(other)).listed;
    }
  }

  #removeLeaf(path: string, evidence: Evidence): boolean {
    const entry = this.#get(path);
    if (this.#hasChildren(path) || !mayRemove(evidence, entry)) return false;
    this.entries.delete(path);
    if (isDirectory(entry)) this.#forgetIn(path, evidence);
    return true;
  }

  #hasChildren(path: string): boolean {
    return [...this.entries.keys()].some((other) => isBelow(other, path));
  }

  #bury(path: string, evidence: Evidence, absent: boolean): void {
    const old = this.graves.get(path);
    if (old !== undefined && order(evidence, old.evidence) === "older") old.absent = absent;
    else this.graves.set(path, { evidence, absent });
  }

  #forgetIn(path: string, evidence: Evidence): void {
    for (const [grave, { evidence: other }] of this.graves) {
      if (parentPath(grave) === path && order(evidence, other) !== "older") {
        this.graves.delete(grave);
      }
    }
  }

  /** The name's own tombstone knows better than an older listing of its directory. */
  #isGone(path: string, evidence: Evidence): boolean {
    if (this.#isBuried(path, evidence)) return true;
    if (this.graves.get(path)?.absent === true) return false;
    const { listed } = this.#get(parentPath(path));
    return listed !== undefined && !mayAppear(evidence, listed);
  }

  #isBuried(path: string, evidence: Evidence): boolean {
    return [...ancestors(path), path].some((at) => {
      const grave = this.graves.get(at);
      return grave !== undefined && !mayAppear(evidence, grave.evidence);
    });
  }
}

function believe(entry: Entry, evidence: Evidence): void {
  if (evidence.realtime) entry.told = undefined;
  else if (entry.seen.realtime) entry.told = entry.seen;
  entry.seen = evidence;
}

function isDirectory({ attributes }: Entry): boolean {
  return attributes === undefined || attributes.type === "d";
}

/** From the root down, without the path itself. */
function ancestors(path: string): string[] {
  if (path === "/") return [];
  const parent = parentPath(path);
  return [...ancestors(parent), parent];
}
