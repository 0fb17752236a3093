import { splitInode, type FsAttributes } from "@fustor/schema-fs";
import { full } from "./faults.js";
import { Kinds } from "./kinds.js";
import {
  BLOCKS,
  CHUNK_MASK,
  CTIME,
  INO,
  KIND,
  MTIME,
  ROW_WORDS,
  SIZE,
  type NodeChunk,
} from "./node-space.js";
import { numberOf, type NodeId, type Nodes } from "./nodes.js";
import {
  BEYOND,
  isPackable,
  packNsec,
  packSeconds,
  unpackNsec,
  unpackSeconds,
} from "./packed-time.js";

const WORD = 2 ** 32;
/** A `Map` holds at most 2^24 entries. */
const BEYOND_MAX = 2 ** 23;

/** What a row has no room for. */
interface Beyond {
  readonly mtime: number;
  readonly mtimeNsec: number;
  readonly ctime: number;
  readonly ctimeNsec: number;
  readonly blocks: number;
}

/** The node's id, and what is `Beyond` its row. */
export const BEYOND_FIELDS = 6;

/** A modification time. */
export interface Moment {
  readonly seconds: number;
  readonly nsec: number;
}

/** Attributes in and out of the rows of nodes: what goes in comes out the same. */
export class Attributes {
  readonly kinds = new Kinds();
  readonly #nodes: Nodes;
  /** Of nodes with a time before 1901 or after 2446, or with 2 TiB and more allocated. */
  readonly #beyond = new Map<NodeId, Beyond>();

  constructor(nodes: Nodes) {
    this.#nodes = nodes;
  }

  /** How many nodes do not fit their rows. */
  get beyond(): number {
    return this.#beyond.size;
  }

  isKnown(id: NodeId): boolean {
    return this.#kindOf(id) !== 0;
  }

  /** Of a node whose attributes are known. */
  mtime(id: NodeId): Moment {
    const { words } = this.#chunk(id);
    const row = (numberOf(id) & CHUNK_MASK) * ROW_WORDS + MTIME;
    const second = words[row + 1] ?? 0;
    const nsec = unpackNsec(second);
    const beyond = nsec === BEYOND ? this.#beyond.get(id) : undefined;
    return beyond === undefined
      ? { seconds: unpackSeconds(words[row] ?? 0, second), nsec }
      : { seconds: beyond.mtime, nsec: beyond.mtimeNsec };
  }

  /** How many names the file has; 0 when nothing is known. */
  nlink(id: NodeId): number {
    const kind = this.#kindOf(id);
    return kind === 0 ? 0 : this.kinds.nlink(kind);
  }

  read(id: NodeId): FsAttributes | undefined {
    const { words, doubles } = this.#chunk(id);
    const row = (numberOf(id) & CHUNK_MASK) * ROW_WORDS;
    const kind = words[row + KIND] ?? 0;
    if (kind === 0) return undefined;
    const { kinds } = this;
    const mtimeSecond = words[row + MTIME + 1] ?? 0;
    const ctimeSecond = words[row + CTIME + 1] ?? 0;
    const attributes: FsAttributes = {
      type: kinds.type(kind),
      size: doubles[row / 2 + SIZE] ?? 0,
      mtime: unpackSeconds(words[row + MTIME] ?? 0, mtimeSecond),
      mtimeNsec: unpackNsec(mtimeSecond),
      ctime: unpackSeconds(words[row + CTIME] ?? 0, ctimeSecond),
      ctimeNsec: unpackNsec(ctimeSecond),
      mode: kinds.mode(kind),
      uid: kinds.uid(kind),
      gid: kinds.gid(kind),
      ino: joinInode(words[row + INO] ?? 0, words[row + INO + 1] ?? 0),
      nlink: kinds.nlink(kind),
      blocks: words[row + BLOCKS] ?? 0,
    };
    const beyond = attributes.mtimeNsec === BEYOND ? this.#beyond.get(id) : undefined;
    return beyond === undefined ? attributes : { ...attributes, ...beyond };
  }

  write(id: NodeId, attributes: FsAttributes): void {
    const fits = isRegular(attributes);
    if (!fits && this.#beyond.size >= BEYOND_MAX) {
      full("2^23 nodes have times before 1901 or after 2446, or are larger than 2 TiB");
    }
    const { words, doubles } = this.#nodes.spaceOf(id).writable(numberOf(id));
    const row = (numberOf(id) & CHUNK_MASK) * ROW_WORDS;
    const before = words[row + KIND] ?? 0;
    words[row + KIND] = this.kinds.use(attributes);
    if (before !== 0) this.kinds.release(before);
    const { mtime, mtimeNsec, ctime, ctimeNsec, ino } = attributes;
    doubles[row / 2 + SIZE] = attributes.size;
    words[row + MTIME] = packSeconds(mtime);
    words[row + CTIME] = packSeconds(ctime);
    words[row + CTIME + 1] = packNsec(ctime, ctimeNsec);
    if (typeof ino === "number") {
      words[row + INO] = ino;
      words[row + INO + 1] = Math.floor(ino / WORD);
    } else {
      const { lo, hi } = splitInode(ino);
      words[row + INO] = lo;
      words[row + INO + 1] = hi;
    }
    words[row + BLOCKS] = attributes.blocks;
    if (fits) {
      if (unpackNsec(words[row + MTIME + 1] ?? 0) === BEYOND) this.#beyond.delete(id);
      words[row + MTIME + 1] = packNsec(mtime, mtimeNsec);
    } else {
      words[row + MTIME + 1] = BEYOND;
      const { blocks } = attributes;
      this.#beyond.set(id, { mtime, mtimeNsec, ctime, ctimeNsec, blocks });
    }
  }

  /** Before a node's id is freed. */
  forget(id: NodeId): void {
    this.kinds.release(this.#kindOf(id));
    const { words } = this.#chunk(id);
    const row = (numberOf(id) & CHUNK_MASK) * ROW_WORDS;
    if (unpackNsec(words[row + MTIME + 1] ?? 0) === BEYOND) this.#beyond.delete(id);
  }

  /** What does not fit the rows, of a checkpoint: `BEYOND_FIELDS` numbers a node. */
  copyBeyond(): Float64Array {
    const copy = new Float64Array(this.#beyond.size * BEYOND_FIELDS);
    let at = 0;
    for (const [id, { mtime, mtimeNsec, ctime, ctimeNsec, blocks }] of this.#beyond) {
      copy.set([id, mtime, mtimeNsec, ctime, ctimeNsec, blocks], at);
      at += BEYOND_FIELDS;
    }
    return copy;
  }

  restoreBeyond(rows: Float64Array): void {
    for (let at = 0; at < rows.length; at += BEYOND_FIELDS) {
      const [id = 0, mtime = 0, mtimeNsec = 0, ctime = 0, ctimeNsec = 0, blocks = 0] =
        rows.subarray(at, at + BEYOND_FIELDS);
      this.#beyond.set(id, { mtime, mtimeNsec, ctime, ctimeNsec, blocks });
    }
  }

  #kindOf(id: NodeId): number {
    return this.#chunk(id).words[(numberOf(id) & CHUNK_MASK) * ROW_WORDS + KIND] ?? 0;
  }

  #chunk(id: NodeId): NodeChunk {
    return this.#nodes.spaceOf(id).chunk(numberOf(id));
  }
}

/** True when nothing differs. */
export function areEqual(a: FsAttributes, b: FsAttributes): boolean {
  return (
    a.size === b.size &&
    a.mtime === b.mtime &&
    a.mtimeNsec === b.mtimeNsec &&
    a.ctime === b.ctime &&
    a.ctimeNsec === b.ctimeNsec &&
    a.ino === b.ino &&
    a.blocks === b.blocks &&
    a.nlink === b.nlink &&
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.type === b.type
  );
}

function isRegular({ mtime, ctime, blocks }: FsAttributes): boolean {
  return isPackable(mtime) && isPackable(ctime) && blocks < WORD;
}

function joinInode(lo: number, hi: number): number | string {
  const ino = hi * WORD + lo;
  if (Number.isSafeInteger(ino)) return ino;
  return ((BigInt(hi) << 32n) | BigInt(lo)).toString();
}
