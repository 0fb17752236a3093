import type { ChangedAttributes, ChangeEvent } from "@fustor/protocol";
import { displayName, type FsAttributes } from "@fustor/schema-fs";
import { pathB64 } from "../http/node-json.js";
import type { FeedEvent } from "./feed-event.js";

/** The event as a client reads it; JSON leaves out what is undefined. Runs once for each event. */
export function toChangeJson(event: FeedEvent): {
  [Key in keyof ChangeEvent]: ChangeEvent[Key] | undefined;
} {
  const { kind, revision, path, from, isDirectory, attributes, isUnlisted } = event;
  return {
    kind,
    revision,
    path: displayName(path),
    path_b64: pathB64(path),
    from: from === undefined ? undefined : displayName(from),
    from_b64: from === undefined ? undefined : pathB64(from),
    is_directory: isDirectory,
    attributes: attributes === undefined ? undefined : toAttributes(attributes),
    unlisted: isUnlisted ? true : undefined,
  };
}

function toAttributes(attributes: FsAttributes): ChangedAttributes {
  const { mtime, mtimeNsec, ctime, ctimeNsec } = attributes;
  return {
    type: attributes.type,
    size: attributes.size,
    blocks: attributes.blocks,
    mode: attributes.mode,
    uid: attributes.uid,
    gid: attributes.gid,
    ino: String(attributes.ino),
    nlink: attributes.nlink,
    mtime: mtime + mtimeNsec / 1e9,
    ctime: ctime + ctimeNsec / 1e9,
    mtime_ns: wholeNs(mtime, mtimeNsec),
    ctime_ns: wholeNs(ctime, ctimeNsec),
  };
}

/** Digits beside each other where there is no sign: large numbers cost ten times as much. */
function wholeNs(seconds: number, nsec: number): string {
  if (seconds <= 0) return String(BigInt(seconds) * 1_000_000_000n + BigInt(nsec));
  return `${String(seconds)}${String(nsec).padStart(9, "0")}`;
}
