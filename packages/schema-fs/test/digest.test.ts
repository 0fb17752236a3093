import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeName,
  digestMask,
  digestText,
  DIGEST_FIELDS,
  DirectoryDigest,
  encodeName,
  Hasher,
  type FsAttributes,
} from "../src/index.js";

const FILE: FsAttributes = {
  type: "f",
  size: 1_234,
  mtime: 1_700_000_000,
  mtimeNsec: 123_456_789,
  ctime: 1_700_000_001,
  ctimeNsec: 5,
  mode: 0o644,
  uid: 1_000,
  gid: 100,
  ino: 42,
  nlink: 1,
  blocks: 8,
};
const ALL = digestMask(DIGEST_FIELDS);

/** Test vectors of the wire format: another implementation must give the same. */
const NAME_VECTORS: readonly (readonly [string, string])[] = [
  ["", "1de81fa1b1e9c30f"],
  ["a", "5f9d3701347bbe0e"],
  ["README.md", "e6c70644c75ce622"],
  ["Ärger", "3b8742b2c9e3a795"],
  ["\udcff.dat", "d28070cd4bfc07f2"],
];
const CHILD_VECTORS: readonly (readonly [string, FsAttributes | undefined, number, string])[] = [
  ["a file", FILE, 0, "687f5bcda5ea6897"],
  ["a file with all fields", FILE, ALL, "f171ef92acb6b4b1"],
  ["a directory", { ...FILE, type: "d" }, 0, "d63ca5aaa8c9ff67"],
  ["an unknown", undefined, 0, "de5c08fa0961695c"],
  [
    "large and negative numbers",
    { ...FILE, mtime: -1, size: 2 ** 53 - 1, ino: "18446744073709551615" },
    ALL,
    "969c69b23d0304d7",
  ],
];

describe("the digest of a directory", () => {
  it.each(NAME_VECTORS)("hashes the name %j as the wire says", (name, hash) => {
    const hasher = new Hasher();
    hasher.name(name);
    expect(digestText(hasher.hi, hasher.lo)).toBe(hash);
  });

  it.each(CHILD_VECTORS)("hashes %s as the wire says", (_, row, mask, hash) => {
    const digest = new DirectoryDigest(mask);
    digest.add("a", row);
    expect(digest.toString()).toBe(hash);
  });

  it("follows its own description", () => {
    fc.assert(
      fc.property(anyName, anyRow, fc.integer({ min: 0, max: ALL }), (name, row, mask) => {
        const digest = new DirectoryDigest(mask);
        digest.add(name, row);
        expect(digest.toString()).toBe(asDescribed(name, row, mask));
      }),
    );
  });

  it("does not depend on the order of the rows", () => {
    const forth = new DirectoryDigest(ALL);
    const back = new DirectoryDigest(ALL);
    const names = ["a", "b", "c", "d"];
    for (const name of names) forth.add(name, FILE);
    for (const name of names.toReversed()) back.add(name, FILE);
    expect(forth.toString()).toBe(back.toString());
    expect(forth.count).toBe(4);
  });

  it.each([
    ["size", { ...FILE, size: 1_235 }],
    ["size beyond 32 bits", { ...FILE, size: 1_234 + 2 ** 32 }],
    ["mtime", { ...FILE, mtime: 1_700_000_001 }],
    ["mtime's nanoseconds", { ...FILE, mtimeNsec: 0 }],
    ["type", { ...FILE, type: "l" as const }],
    ["knowledge", undefined],
  ])("changes with the %s of a file", (_, changed) => {
    expect(digestOf(changed, 0)).not.toBe(digestOf(FILE, 0));
  });

  it.each([
    ["ino", { ...FILE, ino: 43 }],
    ["uid", { ...FILE, uid: 1 }],
    ["gid", { ...FILE, gid: 1 }],
    ["mode", { ...FILE, mode: 0o600 }],
    ["ctime", { ...FILE, ctimeNsec: 6 }],
  ] as const)("counts %s only where the mask says so", (field, changed) => {
    expect(digestOf(changed, digestMask([field]))).not.toBe(digestOf(FILE, digestMask([field])));
    expect(digestOf(changed, ALL & ~digestMask([field]))).toBe(
      digestOf(FILE, ALL & ~digestMask([field])),
    );
  });

  it("stays when something happens in a directory among the children", () => {
    const directory: FsAttributes = { ...FILE, type: "d" };
    const touched = { ...directory, size: 8_192, mtime: 1, mtimeNsec: 2, ctime: 3, ctimeNsec: 4 };
    expect(digestOf(touched, ALL)).toBe(digestOf(directory, ALL));
    expect(digestOf({ ...directory, mode: 0 }, ALL)).not.toBe(digestOf(directory, ALL));
  });

  it("takes an inode as a number and as a string for the same", () => {
    expect(digestOf({ ...FILE, ino: "42" }, ALL)).toBe(digestOf(FILE, ALL));
  });
});

const anyName = fc.uint8Array({ maxLength: 300 }).map((bytes) => decodeName(bytes));
const whole = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const anyRow = fc.record({
  type: fc.constantFrom("f", "d", "l", "s"),
  size: fc.maxSafeNat(),
  mtime: fc.maxSafeInteger(),
  mtimeNsec: fc.integer({ min: 0, max: 999_999_999 }),
  ctime: fc.maxSafeInteger(),
  ctimeNsec: fc.integer({ min: 0, max: 999_999_999 }),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: whole,
  gid: whole,
  ino: fc.oneof(fc.maxSafeNat(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }).map(String)),
  nlink: whole,
  blocks: whole,
});

function digestOf(row: FsAttributes | undefined, mask: number): string {
  const digest = new DirectoryDigest(mask);
  digest.add("name", row);
  return digest.toString();
}

/** The description word for word, on big integers. */
function asDescribed(name: string, row: FsAttributes, mask: number): string {
  let lo = 0x9e3779b9n;
  let hi = 0x7f4a7c15n;
  const u32 = (value: bigint) => BigInt.asUintN(32, value);
  const rotl = (value: bigint, by: bigint) => u32(value << by) | (value >> (32n - by));
  const absorb = (word: bigint) => {
    lo ^= u32(rotl(u32(word * 0xcc9e2d51n), 15n) * 0x1b873593n);
    lo = u32(rotl(lo, 13n) * 5n + 0xe6546b64n);
    hi ^= u32(rotl(u32(word * 0x239b961bn), 16n) * 0xab0e9789n);
    hi = u32((rotl(hi, 17n) + lo) * 5n + 0x0bcaa747n);
  };
  const mix = (value: bigint) => {
    let x = value;
    x = u32((x ^ (x >> 16n)) * 0x85ebca6bn);
    x = u32((x ^ (x >> 13n)) * 0xc2b2ae35n);
    return x ^ (x >> 16n);
  };
  const finish = (count: number) => {
    lo ^= BigInt(count);
    hi ^= BigInt(count);
    lo = u32(lo + hi);
    hi = u32(hi + lo);
    lo = mix(lo);
    hi = mix(hi);
    lo = u32(lo + hi);
    hi = u32(hi + lo);
  };
  const bytes = encodeName(name);
  const filled = Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  for (let i = 0; i < filled.length; i += 4) absorb(BigInt(filled.readUInt32LE(i)));
  finish(bytes.length);

  const long = (value: number | string) => [BigInt(value), BigInt(value) >> 32n].map(u32);
  const own = (value: number) => (row.type === "d" ? 0 : value);
  const words = [
    BigInt(row.type.charCodeAt(0) | (mask << 8)),
    ...long(own(row.size)),
    ...long(own(row.mtime)),
    BigInt(own(row.mtimeNsec)),
    ...((mask & 1) === 0 ? [] : long(row.ino)),
    ...((mask & 2) === 0 ? [] : [BigInt(row.uid)]),
    ...((mask & 4) === 0 ? [] : [BigInt(row.gid)]),
    ...((mask & 8) === 0 ? [] : [BigInt(row.mode)]),
    ...((mask & 16) === 0 ? [] : [...long(own(row.ctime)), BigInt(own(row.ctimeNsec))]),
  ];
  words.forEach(absorb);
  finish(words.length);
  return ((hi << 32n) | lo).toString(16).padStart(16, "0");
}
