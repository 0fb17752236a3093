import type { DigestMessage, ListingMessage, Message, Row } from "@fustor/core";
import { DirectoryDigest, LISTING_FIELDS, type FsAttributes } from "@fustor/schema-fs";
import { listDirectory, type ListingOptions, type Place, type Visit } from "./listing.js";

/**
 * Lists a directory like `listDirectory`, but tells a listing that is complete by its digest. Of one
 * that comes in parts no row is kept: when it turns out not to be complete it is read once more.
 */
export async function* digestDirectory(
  place: Place,
  path: string,
  options: ListingOptions,
  mask: number,
): AsyncGenerator<Message, Visit> {
  const digest = new DirectoryDigest(mask);
  const met: { visit?: Visit } = {};
  const list = async function* (): AsyncGenerator<Message> {
    met.visit = yield* listDirectory(place, path, options);
  };
  for await (const message of list()) {
    if (message.kind !== "listing") {
      yield message;
      continue;
    }
    for (const row of message.entries.rows) digest.add(String(row[0]), attributesOf(row));
    if (!message.last) continue;
    const { self } = message;
    if (message.complete && self !== undefined) yield toDigest(message, self, digest);
    else if (message.part === 0) yield message;
    else break;
  }
  return met.visit ?? (yield* listDirectory(place, path, options));
}

function toDigest(
  { source, startedAt, endedAt, scope }: ListingMessage,
  self: Row,
  digest: DirectoryDigest,
): DigestMessage {
  return {
    kind: "digest",
    source,
    startedAt,
    endedAt,
    scope,
    digest: digest.toString(),
    count: digest.count,
    self: { fields: LISTING_FIELDS, rows: [self] },
  };
}

/** The inverse of `toRow`, of a row that it made. */
function attributesOf(row: Row): FsAttributes {
  const [, type, size, mtime, mtimeNsec, ctime, ctimeNsec, mode, uid, gid, ino, nlink, blocks] =
    row as unknown as Columns;
  return { type, size, mtime, mtimeNsec, ctime, ctimeNsec, mode, uid, gid, ino, nlink, blocks };
}

/** `LISTING_FIELDS` by type. */
type Columns = readonly [
  name: string,
  type: FsAttributes["type"],
  size: number,
  mtime: number,
  mtimeNsec: number,
  ctime: number,
  ctimeNsec: number,
  mode: number,
  uid: number,
  gid: number,
  ino: FsAttributes["ino"],
  nlink: number,
  blocks: number,
];
