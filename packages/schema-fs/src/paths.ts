/**
 * Paths in Fustor are relative to the root, start with `/`, and are never normalised: no `.`, `..`,
 * empty part or NUL stands in one. The root itself is `/`.
 *
 * Names are bytes on disk. In memory they are strings in which a byte that is not valid UTF-8
 * stands as a lone surrogate U+DC80..U+DCFF, Python's "surrogateescape" (PEP 383): equal bytes
 * give equal strings, and every name has its way back.
 */

/** The string for a name's bytes. */
export function decodeName(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString("utf8");
  // The replacement character appears where bytes were invalid, or stood there itself.
  if (!text.includes("\uFFFD")) return text;
  return decodeByParts(buffer);
}

/** The bytes of a name or path: the inverse of `decodeName`. */
export function encodeName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name, "utf8");
  const parts: Buffer[] = [];
  let start = 0;
  for (let i = 0; i < name.length; i += 1) {
    const unit = name.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00) {
      i += 1; // the first half of a pair: its second half is not an escape
      continue;
    }
    if (unit < 0xdc80 || unit > 0xdcff) continue;
    parts.push(Buffer.from(name.slice(start, i), "utf8"), Buffer.from([unit - 0xdc00]));
    start = i + 1;
  }
  parts.push(Buffer.from(name.slice(start), "utf8"));
  return Buffer.concat(parts);
}

/** The name as text for people and JSON: escaped bytes become U+FFFD. */
export function displayName(name: string): string {
  return name.toWellFormed();
}

/** `/a` + `b` -> `/a/b`; `/` + `b` -> `/b`. */
export function joinPath(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

/** `/a/b` -> `/a`; `/a` -> `/`; the root is its own parent. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

/** `/a/b` -> `b`; the root's name is empty. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** True when `path` stands somewhere below `directory` (not at it). */
export function isBelow(path: string, directory: string): boolean {
  return directory === "/" ? path !== "/" : path.startsWith(`${directory}/`);
}

/** NUL, or a part that is empty, `.` or `..`. One pass: receivers check every row with it. */
const IMPOSSIBLE_IN_PATH = /\0|\/\.{0,2}(?:\/|$)/;

/** True for a path of the form described above. */
export function isValidPath(path: string): boolean {
  return path === "/" || (path.startsWith("/") && !IMPOSSIBLE_IN_PATH.test(path));
}

/** True for one part of such a path. */
export function isValidName(name: string): boolean {
  return isValidPart(name) && !name.includes("/") && !name.includes("\0");
}

function isValidPart(part: string): boolean {
  return part !== "" && part !== "." && part !== "..";
}

/** Decodes the longest valid pieces and escapes the bytes between them. */
function decodeByParts(bytes: Buffer): string {
  let text = "";
  let i = 0;
  while (i < bytes.length) {
    const length = sequenceLength(bytes, i);
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + (bytes[i] ?? 0));
      i += 1;
    } else {
      text += bytes.toString("utf8", i, i + length);
      i += length;
    }
  }
  return text;
}

/** The length of the valid UTF-8 sequence at `i`, or 0. Ranges: Unicode 15, table 3-7. */
function sequenceLength(bytes: Buffer, i: number): number {
  const lead = bytes[i] ?? 0;
  if (lead < 0x80) return 1;
  const second = bytes[i + 1] ?? 0;
  const tail = (k: number): boolean => ((bytes[i + k] ?? 0) & 0xc0) === 0x80;
  if (lead >= 0xc2 && lead <= 0xdf) return tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const low = lead === 0xe0 ? 0xa0 : 0x80;
    const high = lead === 0xed ? 0x9f : 0xbf;
    return second >= low && second <= high && tail(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const low = lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}
