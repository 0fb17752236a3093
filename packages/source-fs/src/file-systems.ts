import { DIGEST_FIELDS, type DigestField } from "@fustor/schema-fs";

/** What a file system's kind means for us. */
export interface FileSystemKind {
  /** The name users know, e.g. `ext4`; the magic number in hex for one that is not in the table. */
  readonly name: string;
  /** Only this machine changes it, and what it shows is never stale. */
  readonly local: boolean;
  /** A directory's link count is 2 plus the number of its sub-directories. */
  readonly countsSubdirectories: boolean;
  /** What it says of when a directory was made stays the same as long as that directory does. */
  readonly keepsBirth: boolean;
  /** What every host sees alike of a file that is unchanged: it counts in digests. */
  readonly stableFields: readonly DigestField[];
}

type Entry = readonly [magic: number, name: string, traits: "local" | "counting" | "network"];

/**
 * By the magic number that statfs gives on Linux. Whatever is not known to be local counts as
 * network: too much caution costs a second look, too little costs truth.
 */
const LINUX: readonly Entry[] = [
  [0xef53, "ext4", "counting"],
  [0x58465342, "xfs", "counting"],
  [0x01021994, "tmpfs", "counting"],
  [0x9123683e, "btrfs", "local"],
  [0x2fc12fc1, "zfs", "local"],
  [0xf2f52010, "f2fs", "local"],
  [0xca451a4e, "bcachefs", "local"],
  [0x794c7630, "overlayfs", "local"],
  [0x858458f6, "ramfs", "local"],
  [0x7366746e, "ntfs3", "local"],
  [0x6969, "nfs", "network"],
  [0x65735546, "fuse", "network"],
  [0xff534d42, "cifs", "network"],
  [0xfe534d42, "smb2", "network"],
  [0x0bd00bd0, "lustre", "network"],
  [0x00c36400, "ceph", "network"],
  [0x47504653, "gpfs", "network"],
  [0x19830326, "beegfs", "network"],
  [0x01021997, "9p", "network"],
];

/** Darwin numbers its file systems in the order of their registration. */
const DARWIN: readonly Entry[] = [
  [0x1a, "apfs", "local"],
  [0x11, "hfs", "local"],
];

/**
 * Of shares, the fields that the server decides. Owners may be mapped by each host, and where hosts
 * make up inodes or modes, as on FUSE and SMB, nothing is sure but name, type, size and mtime.
 */
const SERVED: readonly DigestField[] = ["ino", "mode", "ctime"];
const SHARED: ReadonlyMap<string, readonly DigestField[]> = new Map(
  ["nfs", "lustre", "ceph", "gpfs", "beegfs"].map((name) => [name, SERVED]),
);

/** What `type`, the number that statfs gives, stands for. */
export function fileSystemKind(type: number, platform: string = process.platform): FileSystemKind {
  const magic = type >>> 0;
  const table = platform === "darwin" ? DARWIN : LINUX;
  const [, name, traits] = table.find(([known]) => known === magic) ?? [
    magic,
    `0x${magic.toString(16)}`,
    "network",
  ];
  return {
    name,
    local: traits !== "network",
    countsSubdirectories: traits === "counting",
    keepsBirth: traits === "counting" || name === "btrfs",
    stableFields: traits === "network" ? (SHARED.get(name) ?? []) : DIGEST_FIELDS,
  };
}
