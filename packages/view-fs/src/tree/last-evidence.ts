import {
  HEARD,
  HEARD_AT,
  LISTED,
  LISTED_AT,
  LISTED_WHOLE,
  type DirectorySpace,
} from "./directory-space.js";
import { CHUNK_MASK, ROW_WORDS, SEEN, SEEN_AT } from "./node-space.js";
import { numberOf, type NodeId, type Nodes } from "./nodes.js";

const BY_MASK = 0xffff;
const ERROR_MAX = 0xffff;

/** What a node, or a directory's listing, rests on. */
export interface LastEvidence {
  /** Milliseconds; -Infinity before the first evidence. */
  readonly at: number;
  /** The stream that it came by, a number below 65,536. */
  readonly by: number;
  /** The error of `at` in whole milliseconds, rounded up, at most 65,535. */
  readonly error: number;
}

/** The last listing of a directory. */
export interface LastListing extends LastEvidence {
  /** Whether it showed all children. */
  readonly complete: boolean;
}

export function readSeen(nodes: Nodes, id: NodeId): LastEvidence {
  const number = numberOf(id);
  const { words, doubles } = nodes.spaceOf(id).chunk(number);
  const row = (number & CHUNK_MASK) * ROW_WORDS;
  return unpack(doubles[row / 2 + SEEN_AT] ?? 0, words[row + SEEN] ?? 0);
}

export function writeSeen(nodes: Nodes, id: NodeId, at: number, by: number, error: number): void {
  const number = numberOf(id);
  const { words, doubles } = nodes.spaceOf(id).writable(number);
  const row = (number & CHUNK_MASK) * ROW_WORDS;
  doubles[row / 2 + SEEN_AT] = at;
  words[row + SEEN] = pack(by, error);
}

export function readListed(directories: DirectorySpace, directory: NodeId): LastListing {
  const number = numberOf(directory);
  const packed = directories.get(number, LISTED);
  return {
    at: directories.double(number, LISTED_AT),
    by: packed & BY_MASK,
    error: packed >>> 16,
    complete: directories.marked(number, LISTED_WHOLE),
  };
}

export function writeListed(
  directories: DirectorySpace,
  directory: NodeId,
  { at, by, error, complete }: LastListing,
): void {
  const number = numberOf(directory);
  directories.setDouble(number, LISTED_AT, at);
  directories.set(number, LISTED, pack(by, error));
  directories.mark(number, LISTED_WHOLE, complete);
}

/** The newest evidence that a directory is there, where it does not rest on it; `by` 0 for none. */
export interface LastHeard {
  readonly at: number;
  readonly by: number;
}

export function readHeard(directories: DirectorySpace, directory: NodeId): LastHeard {
  const number = numberOf(directory);
  return { at: directories.double(number, HEARD_AT), by: directories.get(number, HEARD) };
}

export function writeHeard(
  directories: DirectorySpace,
  directory: NodeId,
  { at, by }: LastHeard,
): void {
  const number = numberOf(directory);
  directories.setDouble(number, HEARD_AT, at);
  directories.set(number, HEARD, by);
}

/** A stream's number and an error that never looks smaller than it is, in one word. */
function pack(by: number, error: number): number {
  return by + Math.min(Math.ceil(error), ERROR_MAX) * 0x10000;
}

function unpack(at: number, packed: number): LastEvidence {
  return { at, by: packed & BY_MASK, error: packed >>> 16 };
}
