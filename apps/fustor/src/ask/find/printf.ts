import type { EntryField } from "@fustor/client";
import { FustorError } from "@fustor/core";
import type { Output } from "../output.js";
import { mtimeOf, nameOf, type Found } from "./found.js";

interface Directive {
  readonly fields: readonly EntryField[];
  readonly text: (found: Found, out: Output) => string;
}

const DIRECTIVES: Readonly<Record<string, Directive>> = {
  "%": { fields: [], text: () => "%" },
  p: { fields: [], text: ({ shown }, out) => out.name(shown) },
  P: { fields: [], text: ({ relative }, out) => out.name(relative) },
  f: { fields: [], text: (found, out) => out.name(nameOf(found)) },
  d: { fields: [], text: ({ depth }) => String(depth) },
  y: { fields: ["type"], text: ({ entry }) => entry.type ?? "U" },
  s: { fields: ["size"], text: ({ entry }) => known(entry.size) },
  m: { fields: ["mode"], text: ({ entry }) => known(entry.mode, 8) },
  U: { fields: ["uid"], text: ({ entry }) => known(entry.uid) },
  G: { fields: ["gid"], text: ({ entry }) => known(entry.gid) },
  i: { fields: ["ino"], text: ({ entry }) => entry.ino ?? "?" },
  n: { fields: ["nlink"], text: ({ entry }) => known(entry.nlink) },
  b: { fields: ["blocks"], text: ({ entry }) => known(entry.blocks) },
  k: {
    fields: ["blocks"],
    text: ({ entry: { blocks } }) => known(blocks == null ? blocks : Math.ceil(blocks / 2)),
  },
  "T@": { fields: ["mtime_ns"], text: (found) => formatMoment(mtimeOf(found)) },
};

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\",
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** A format of `-printf`, and the fields that it needs. Throws `USAGE` for what it does not know. */
export function parseFormat(format: string): Directive {
  const parts: Directive[] = [];
  const fields = new Set<EntryField>();
  const pieces = /%(T@|.)?|\\([0-7]{1,3}|.)?|[^%\\]+/gsu;
  for (const [piece, directive, escape] of format.matchAll(pieces)) {
    if (piece.startsWith("%")) {
      const known = DIRECTIVES[directive ?? ""];
      if (known === undefined) throw unknown(piece, format);
      known.fields.forEach((field) => fields.add(field));
      parts.push(known);
    } else {
      const text = piece.startsWith("\\") ? unescape(escape, piece, format) : piece;
      parts.push({ fields: [], text: () => text });
    }
  }
  return {
    fields: [...fields],
    text: (found, out) => parts.map((part) => part.text(found, out)).join(""),
  };
}

function unescape(escape: string | undefined, piece: string, format: string): string {
  if (escape !== undefined && /^[0-7]/.test(escape)) {
    return String.fromCharCode(Number.parseInt(escape, 8) & 0x7f);
  }
  const text = ESCAPES[escape ?? ""];
  if (text === undefined) throw unknown(piece, format);
  return text;
}

function unknown(piece: string, format: string): FustorError {
  return new FustorError(
    "USAGE",
    `-printf does not know "${piece}" in "${format}". It knows ` +
      `${Object.keys(DIRECTIVES)
        .map((name) => `%${name}`)
        .join(" ")} and \\n \\t \\0 \\NNN.`,
  );
}

function known(value: number | null | undefined, base = 10): string {
  return value?.toString(base) ?? "?";
}

/** Seconds with ten decimals, as GNU find prints them. */
function formatMoment(nanoseconds: bigint | undefined): string {
  if (nanoseconds === undefined) return "?";
  const billion = 1_000_000_000n;
  const fraction = ((nanoseconds % billion) + billion) % billion;
  const seconds = (nanoseconds - fraction) / billion;
  return `${String(seconds)}.${String(fraction).padStart(9, "0")}0`;
}
