import type { FsAttributes } from "@fustor/schema-fs";

export const FILE: FsAttributes = {
  type: "f",
  size: 1,
  mtime: 1_700_000_000,
  mtimeNsec: 1,
  ctime: 1_700_000_000,
  ctimeNsec: 2,
  mode: 0o644,
  uid: 1_000,
  gid: 1_000,
  ino: 7,
  nlink: 1,
  blocks: 8,
};

export const DIRECTORY: FsAttributes = { ...FILE, type: "d", mode: 0o755, nlink: 2 };
