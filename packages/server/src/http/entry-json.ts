import type { EntryField, EntryJson, FullEntryJson } from "@fustor/protocol";
import { displayName, type FsAttributes, type MarkedNode } from "@fustor/schema-fs";
import { pathB64 } from "./node-json.js";

type Readers = {
  readonly [Field in EntryField]: (
    node: MarkedNode,
    attributes: FsAttributes | undefined,
  ) => FullEntryJson[Field];
};

const READERS: Readers = {
  path: ({ path }) => displayName(path),
  name: ({ name }) => displayName(name),
  type: ({ isDirectory }, a) => a?.type ?? (isDirectory ? "d" : null),
  size: (_, a) => a?.size ?? null,
  blocks: (_, a) => a?.blocks ?? null,
  mode: (_, a) => a?.mode ?? null,
  uid: (_, a) => a?.uid ?? null,
  gid: (_, a) => a?.gid ?? null,
  ino: (_, a) => (a === undefined ? null : String(a.ino)),
  nlink: (_, a) => a?.nlink ?? null,
  mtime: (_, a) => (a === undefined ? null : a.mtime + a.mtimeNsec / 1e9),
  ctime: (_, a) => (a === undefined ? null : a.ctime + a.ctimeNsec / 1e9),
  mtime_ns: (_, a) => (a === undefined ? null : toNanoseconds(a.mtime, a.mtimeNsec)),
  ctime_ns: (_, a) => (a === undefined ? null : toNanoseconds(a.ctime, a.ctimeNsec)),
  suspect: ({ suspect }) => suspect,
  blind_spot: ({ blindSpot }) => blindSpot,
  doubted: ({ doubted }) => doubted,
  held: ({ held }) => held,
};

/** Makes entries of these fields; `path_b64` comes along where a name is not valid UTF-8. */
export function createEntryWriter(fields: readonly EntryField[]): (node: MarkedNode) => EntryJson {
  const readers = [...new Set(fields)].map((field) => [field, READERS[field]] as const);
  const isNamed = fields.includes("path") || fields.includes("name");
  return (node) => {
    const entry: Record<string, unknown> = {};
    for (const [field, read] of readers) entry[field] = read(node, node.attributes);
    const bytes = isNamed ? pathB64(node.path) : undefined;
    if (bytes !== undefined) entry["path_b64"] = bytes;
    // Each reader gives what its field holds.
    return entry;
  };
}

/** Whole nanoseconds since the epoch, as a decimal string. */
export function toNanoseconds(seconds: number, nsec: number): string {
  return (BigInt(seconds) * 1_000_000_000n + BigInt(nsec)).toString();
}
