import { DIGEST_FIELDS, digestMask, type FsAttributes } from "@fustor/schema-fs";
import { hasSameContent } from "./table-reader.js";

/** Every attribute that may count: what one host sees is the same from look to look. */
export const ALL_FIELDS = digestMask(DIGEST_FIELDS);

const UID = digestMask(["uid"]);
const GID = digestMask(["gid"]);
const MODE = digestMask(["mode"]);

/** True when inodes say whether it is the same thing, whoever looks. */
export function hasInodes(mask: number): boolean {
  return (mask & digestMask(["ino"])) !== 0;
}

/** True when two hosts see the same, as far as the attributes in `mask` can tell. */
export function isAlike(a: FsAttributes, b: FsAttributes, mask: number): boolean {
  return (
    stoodStill(a, b, mask) &&
    (!hasInodes(mask) || a.ino === b.ino) &&
    ((mask & UID) === 0 || a.uid === b.uid) &&
    ((mask & GID) === 0 || a.gid === b.gid) &&
    ((mask & MODE) === 0 || a.mode === b.mode)
  );
}

/** True when size and mtime stood still, and ctime where it is the same for all. */
export function stoodStill(a: FsAttributes, b: FsAttributes, mask: number): boolean {
  if (!hasSameContent(a, b)) return false;
  const counts = (mask & digestMask(["ctime"])) !== 0;
  return !counts || (a.ctime === b.ctime && a.ctimeNsec === b.ctimeNsec);
}

/** True when the number is a mask that this version makes digests with. */
export function isDigestMask(mask: number): boolean {
  return Number.isInteger(mask) && mask >= 0 && mask <= ALL_FIELDS;
}
