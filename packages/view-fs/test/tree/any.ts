import type { FileType, FsAttributes } from "@fustor/schema-fs";
import type { Chance } from "../chance.js";

const NAMES = [
  "a",
  "b",
  "c",
  "README.md",
  "index.html",
  "Ärger",
  "日本語",
  "\udcff\udc80x",
  "é\udce9",
  "🙂",
];
const SIZES = [0, 1, 4_096, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53];
const TIMES = [
  0,
  -1,
  1,
  1_700_000_000,
  -(2 ** 31),
  -(2 ** 31) - 1,
  2 ** 34 - 2 ** 31 - 1,
  2 ** 34,
  -(2 ** 45),
  2 ** 53 - 1,
];
const INODES = [1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, "9007199254740993", "18446744073709551615"];
const BLOCKS = [0, 8, 2 ** 32 - 1, 2 ** 32, 2 ** 44];
const MODES = [0, 0o644, 0o755, 0o7777];
const OWNERS = [0, 1_000, 2 ** 31, 2 ** 32 - 1];
const LINKS = [1, 2, 3, 2 ** 32, 2 ** 40];
const FILE_TYPES: readonly FileType[] = ["f", "f", "f", "l", "p", "s", "b", "c"];

/** Names of all sorts; many of them the same, so that they meet. */
export function anyName(chance: Chance): string {
  if (chance.often(0.4)) return chance.pick(NAMES);
  if (chance.often(0.1)) return "x".repeat(1 + chance.below(300));
  if (chance.often(0.1)) return `\udc80${String(chance.below(40))}`;
  return `file_${String(chance.below(60))}.dat`;
}

/** Attributes at and around the edges of what is legal. */
export function anyAttributes(chance: Chance, directory: boolean): FsAttributes {
  return {
    type: directory ? "d" : chance.pick(FILE_TYPES),
    size: chance.often(0.5) ? chance.below(100_000) : chance.pick(SIZES),
    mtime: chance.often(0.5) ? 1_700_000_000 + chance.below(50) : chance.pick(TIMES),
    mtimeNsec: chance.pick([0, 1, 999_999_999]),
    ctime: chance.pick(TIMES),
    ctimeNsec: chance.pick([0, 1, 999_999_999]),
    mode: chance.pick(MODES),
    uid: chance.pick(OWNERS),
    gid: chance.pick(OWNERS),
    ino: chance.pick(INODES),
    nlink: chance.pick(LINKS),
    blocks: chance.often(0.5) ? chance.below(100) : chance.pick(BLOCKS),
  };
}
