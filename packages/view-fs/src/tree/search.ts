import type { NameSegment } from "./name-pool.js";

/**
 * What another thread needs to look for names while the tree goes on changing. Given by
 * `Tree.shared`; can be posted to a worker, its memory is shared.
 */
export interface SharedNames {
  readonly segments: readonly NameSegment[];
  /** Names have numbers below this. */
  readonly namesEnd: number;
  /** The chunks of files and of directories: the numbers of their names, one word a node. */
  readonly files: readonly SharedArrayBuffer[];
  readonly directories: readonly SharedArrayBuffer[];
  readonly filesEnd: number;
  readonly directoriesEnd: number;
  readonly chunkNodes: number;
  readonly headerBytes: number;
}

/** What a search in another thread found. */
export interface Candidates {
  /** Nodes that may match. Each must be looked at again: it may have changed meanwhile. */
  readonly ids: Uint32Array;
  /** True when there are more than `limit`. */
  readonly truncated: boolean;
  /** True when memory that was looked through got another use meanwhile: search again. */
  readonly stale: boolean;
}

/**
 * Finds nodes whose name contains `text`, without case. Uses nothing but its arguments, so that it
 * runs in any thread.
 *
 * Why nothing is missed that stands unchanged throughout: its name's bytes stand in a segment that
 * is only appended to until its life changes, which is looked at last; its name's number stands in
 * its column. What changes meanwhile may be read half old and half new: that is why whoever asked
 * looks at each candidate again, by `confirmCandidates`.
 *
 * Case is that of `String.toLowerCase`, but for an ASCII text only that of ASCII letters: the sign
 * for kelvin is no `k` then, and a capital I with a dot no `i`.
 */
export function searchNames(shared: SharedNames, text: string, limit: number): Candidates {
  const wanted = text.toLowerCase();
  const matching = new Uint8Array(shared.namesEnd);
  const find = createFinder(wanted);
  let found = 0;
  for (const { buffer, used } of shared.segments) {
    found += find(Buffer.from(buffer, 0, used), shared.headerBytes, matching);
  }
  const stale = shared.segments.some(
    ({ buffer, life }) =>
      Atomics.load(new Int32Array(buffer, buffer.byteLength - 4, 1), 0) !== life,
  );
  if (found === 0) return { ids: new Uint32Array(0), truncated: false, stale };
  const ids: number[] = [];
  collect(
    shared.directories,
    shared.directoriesEnd,
    shared.chunkNodes,
    matching,
    1,
    ids,
    limit + 1,
  );
  collect(shared.files, shared.filesEnd, shared.chunkNodes, matching, 0, ids, limit + 1);
  const truncated = ids.length > limit;
  if (truncated) ids.pop();
  return { ids: Uint32Array.from(ids), truncated, stale };
}

/** Marks the numbers of matching names of one segment, and says how many matched. */
type Finder = (bytes: Buffer, headerBytes: number, matching: Uint8Array) => number;

function createFinder(wanted: string): Finder {
  const needle = caselessBytes(wanted);
  return needle === undefined ? findByText(wanted) : findByBytes(needle);
}

/**
 * The bytes to look for, when letters that are not ASCII have no case: then a byte in a name either
 * is the same or differs by the case of an ASCII letter. Undefined when names must be decoded.
 */
function caselessBytes(wanted: string): Buffer | undefined {
  for (const character of wanted) {
    if (character > "\x7f" && character.toUpperCase() !== character.toLowerCase()) return undefined;
  }
  const parts = wanted.split(/([\udc80-\udcff])/u);
  return Buffer.concat(
    parts.map((part, i) =>
      i % 2 === 0 ? Buffer.from(part) : Buffer.from([part.charCodeAt(0) - 0xdc00]),
    ),
  );
}

/** Horspool's search over the raw segment, headers and all; a hit in a header is none. */
function findByBytes(needle: Buffer): Finder {
  const last = Math.max(0, needle.length - 1);
  const fold = new Uint8Array(256).map((_, byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte));
  // How far to go on from a byte that stands where the last one should; 0 for the last one itself.
  const jump = new Int32Array(256).fill(last + 1);
  for (let i = 0; i < last; i += 1) {
    for (let byte = 0; byte < 256; byte += 1) if (fold[byte] === needle[i]) jump[byte] = last - i;
  }
  const again = jump[needle[last] ?? 0] ?? 1;
  for (let byte = 0; byte < 256; byte += 1) {
    if (needle.length === 0 || fold[byte] === needle[last]) jump[byte] = 0;
  }
  return (bytes, headerBytes, matching) => {
    let found = 0;
    let record = 0;
    let end = 0; // of the name in `record`
    let next = 0; // record
    for (let at = last; at < bytes.length;) {
      const far = jump[bytes[at] ?? 0] ?? 1;
      if (far !== 0) {
        at += far;
        continue;
      }
      const first = at - last;
      let i = last - 1;
      while (i >= 0 && fold[bytes[first + i] ?? 0] === needle[i]) i -= 1;
      if (i >= 0) {
        at += again;
        continue;
      }
      while (next <= first) {
        record = next;
        end = record + headerBytes + lengthAt(bytes, record);
        next = wholeWords(end);
      }
      if (first >= record + headerBytes && at < end) {
        matching[bytes.readUInt32LE(record)] = 1;
        found += 1;
        at = next + last;
      } else {
        at += 1;
      }
    }
    return found;
  };
}

/** Decodes each name that is not ASCII; an ASCII name cannot contain what is wanted. */
function findByText(wanted: string): Finder {
  // An escaped byte is no text once it is decoded here: the longest part beside it must do.
  const parts = wanted.split(/[\udc80-\udcff]/u);
  const text = parts.reduce((longest, part) => (part.length > longest.length ? part : longest));
  return (bytes, headerBytes, matching) => {
    let found = 0;
    for (let at = 0; at < bytes.length;) {
      const start = at + headerBytes;
      const end = start + lengthAt(bytes, at);
      if ((bytes[at + 7] ?? 0) !== 0) {
        const name = bytes.toString("utf8", start, end).toLowerCase();
        if (name.includes(text)) {
          matching[bytes.readUInt32LE(at)] = 1;
          found += 1;
        }
      }
      at = wholeWords(end);
    }
    return found;
  };
}

function lengthAt(bytes: Buffer, record: number): number {
  return ((bytes[record + 4] ?? 0) | ((bytes[record + 5] ?? 0) << 8)) & 0x7fff;
}

function wholeWords(bytes: number): number {
  return (bytes + 3) & ~3;
}

/** Adds the ids of nodes whose name is marked. */
function collect(
  chunks: readonly SharedArrayBuffer[],
  end: number,
  chunkNodes: number,
  matching: Uint8Array,
  tag: number,
  ids: number[],
  limit: number,
): void {
  for (const [c, buffer] of chunks.entries()) {
    const names = new Uint32Array(
      buffer,
      0,
      Math.max(0, Math.min(chunkNodes, end - c * chunkNodes)),
    );
    for (let i = 0; i < names.length; i += 1) {
      if (matching[names[i] ?? 0] === 1) {
        if (ids.length === limit) return;
        ids.push((c * chunkNodes + i) * 2 + tag);
      }
    }
  }
}
