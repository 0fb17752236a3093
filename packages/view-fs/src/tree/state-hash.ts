import { digestText, Hasher, highWord, splitInode, type FsAttributes } from "@fustor/schema-fs";
import { isDirectory, type NodeId } from "./nodes.js";
import type { Tree } from "./tree.js";

/** A directory whose children are still to be hashed, with the hash of its path. */
interface Pending {
  readonly id: NodeId;
  readonly lo: number;
  readonly hi: number;
}

/**
 * A hash over all that the tree holds: paths, attributes, flags, what each node rests on. Equal for
 * equal content, whatever the order in which it came, the ids it got, and where it lies in memory.
 * Goes through the whole tree.
 */
export function stateHash(tree: Tree): string {
  const hasher = new Hasher();
  const words = new NodeWords(tree, hasher);
  hasher.name("");
  const pending: Pending[] = [{ id: tree.root, lo: hasher.lo, hi: hasher.hi }];
  words.absorb(tree.root);
  let { lo, hi } = hasher;
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const child of tree.childrenOf(at.id)) {
      hasher.lo = at.lo;
      hasher.hi = at.hi;
      const name = tree.names.hash(tree.nodes.nameOf(child));
      hasher.word(name.lo);
      hasher.word(name.hi);
      hasher.end(2);
      if (isDirectory(child)) pending.push({ id: child, lo: hasher.lo, hi: hasher.hi });
      words.absorb(child);
      lo = (lo + hasher.lo) | 0;
      hi = (hi + hasher.hi) | 0;
    }
  }
  return digestText(hi, lo);
}

/** Hashes what a node holds on from the hash of its path. */
class NodeWords {
  readonly #tree: Tree;
  readonly #hasher: Hasher;
  readonly #double = new Float64Array(1);
  readonly #doubleWords = new Int32Array(this.#double.buffer);
  #count = 0;

  constructor(tree: Tree, hasher: Hasher) {
    this.#tree = tree;
    this.#hasher = hasher;
  }

  absorb(id: NodeId): void {
    const tree = this.#tree;
    this.#count = 0;
    this.#attributes(tree.attributes(id));
    const { at, by, error } = tree.seen(id);
    this.#evidence(at, by, error);
    this.#word(tree.flags(id));
    if (isDirectory(id)) {
      const listed = tree.listed(id);
      this.#evidence(listed.at, listed.by, listed.error);
      this.#word(listed.complete ? 1 : 0);
      const heard = tree.heard(id);
      this.#evidence(heard.at, heard.by, 0);
    }
    this.#hasher.end(this.#count);
  }

  #attributes(attributes: FsAttributes | undefined): void {
    if (attributes === undefined) return;
    const { lo, hi } = splitInode(attributes.ino);
    this.#word(attributes.type.charCodeAt(0));
    this.#whole(attributes.size);
    this.#whole(attributes.mtime);
    this.#word(attributes.mtimeNsec);
    this.#whole(attributes.ctime);
    this.#word(attributes.ctimeNsec);
    this.#word(attributes.mode);
    this.#word(attributes.uid);
    this.#word(attributes.gid);
    this.#word(lo);
    this.#word(hi);
    this.#whole(attributes.nlink);
    this.#whole(attributes.blocks);
  }

  #evidence(at: number, by: number, error: number): void {
    this.#double[0] = at;
    this.#word(this.#doubleWords[0] ?? 0);
    this.#word(this.#doubleWords[1] ?? 0);
    this.#word(by);
    this.#word(error);
  }

  #whole(value: number): void {
    this.#word(value | 0);
    this.#word(highWord(value));
  }

  #word(word: number): void {
    this.#hasher.word(word);
    this.#count += 1;
  }
}
