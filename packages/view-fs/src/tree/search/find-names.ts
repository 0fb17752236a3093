import type { NameSegment } from "../name-pool.js";
import { findByBytes, fold } from "./find-bytes.js";
import type { Finder } from "./matches.js";
import { lengthAt, nextAfter } from "./records.js";

/** `sample`: a segment to tell by what is rare. */
export function createFinder(wanted: string, sample: NameSegment | undefined): Finder {
  const needle = caselessBytes(wanted);
  if (needle === undefined) return findByText(wanted);
  if (needle.length < 2 || sample === undefined) return findByByte(needle[0]);
  return findByBytes(needle, sample);
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

/** Finds the names that have a byte; all of them where there is none to look for. */
function findByByte(wanted: number | undefined): Finder {
  return ({ buffer, used }, headerBytes, matches) => {
    const bytes = Buffer.from(buffer, 0, used);
    for (let record = 0; record < used;) {
      const end = record + headerBytes + lengthAt(bytes, record);
      let at = record + headerBytes;
      if (wanted !== undefined) while (at < end && fold(bytes[at] ?? 0) !== wanted) at += 1;
      if (at < end) matches.add(bytes.readUInt32LE(record));
      record = nextAfter(end);
    }
  };
}

/** Decodes each name that is not ASCII; an ASCII name cannot contain what is wanted. */
function findByText(wanted: string): Finder {
  // An escaped byte is no text once it is decoded here: the longest part beside it must do.
  const parts = wanted.split(/[\udc80-\udcff]/u);
  const text = parts.reduce((longest, part) => (part.length > longest.length ? part : longest));
  return ({ buffer, used }, headerBytes, matches) => {
    const bytes = Buffer.from(buffer, 0, used);
    for (let at = 0; at < used;) {
      const start = at + headerBytes;
      const end = start + lengthAt(bytes, at);
      if ((bytes[at + 7] ?? 0) !== 0) {
        const name = bytes.toString("utf8", start, end).toLowerCase();
        if (name.includes(text)) matches.add(bytes.readUInt32LE(at));
      }
      at = nextAfter(end);
    }
  };
}
