import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  baseName,
  decodeName,
  displayName,
  encodeName,
  isBelow,
  isValidName,
  isValidPath,
  joinPath,
  parentPath,
} from "../src/index.js";

fc.configureGlobal({ seed: 20_080 });

/** Bytes that are mostly almost UTF-8: pieces of text, cut, and strewn with anything. */
const nearlyText = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc.string({ unit: "binary", maxLength: 3 }).map((text) => Buffer.from(text)),
      fc.string({ unit: "binary", maxLength: 2 }).map((text) => Buffer.from(text).subarray(1)),
      fc.constantFrom("\uFFFD", "\uD7FF", "\uE000", "😀").map((text) => Buffer.from(text)),
      fc.constantFrom([0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0x80], [0xef, 0xbf]),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part))));

const validName = fc
  .string({ unit: "binary", minLength: 1, maxLength: 8 })
  .filter((name) => isValidName(name));
const validPath = fc.array(validName, { maxLength: 4 }).map((names) => `/${names.join("/")}`);

describe("names", () => {
  it("come back as the bytes they were, whatever those are", () => {
    fc.assert(
      fc.property(fc.oneof(nearlyText, fc.uint8Array()), (bytes) => {
        expect(encodeName(decodeName(bytes))).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 2_000 },
    );
  });

  it("are the same text as in UTF-8 where they are UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(decodeName(Buffer.from(text))).toBe(text);
        expect(displayName(text)).toBe(text);
      }),
    );
  });

  it("stand for different bytes when they differ", () => {
    fc.assert(
      fc.property(nearlyText, nearlyText, (a, b) => {
        expect(decodeName(a) === decodeName(b)).toBe(a.equals(b));
      }),
    );
  });

  it.each([
    ["an invalid byte", [0x61, 0xff, 0x62], "a\uDCFFb"],
    ["a replacement character of its own", [0xef, 0xbf, 0xbd], "\uFFFD"],
    ["both", [0xef, 0xbf, 0xbd, 0x80], "\uFFFD\uDC80"],
    ["a surrogate written as UTF-8", [0xed, 0xb2, 0x80], "\uDCED\uDCB2\uDC80"],
    ["an overlong slash", [0xc0, 0xaf], "\uDCC0\uDCAF"],
    ["a character cut short", [0xf0, 0x9f, 0x98], "\uDCF0\uDC9F\uDC98"],
    ["beyond the last character", [0xf4, 0x90, 0x80, 0x80], "\uDCF4\uDC90\uDC80\uDC80"],
    ["a character of four bytes", [0xf0, 0x9f, 0x98, 0x80, 0xff], "😀\uDCFF"],
  ])("escape %s as PEP 383 says", (_name, bytes, text) => {
    expect(decodeName(Uint8Array.from(bytes))).toBe(text);
    expect(encodeName(text)).toEqual(Buffer.from(bytes));
  });

  it("are shown with U+FFFD for each escaped byte", () => {
    expect(displayName("a\uDCFFb\uDC80")).toBe("a\uFFFDb\uFFFD");
  });

  it("survive JSON", () => {
    const name = decodeName(Uint8Array.from([0x61, 0xff, 0xc3, 0x28]));
    expect(JSON.parse(JSON.stringify(name))).toBe(name);
  });

  it.each([
    ["a", true],
    ["...", true],
    [" ", true],
    ["a\nb", true],
    ["\uDCFF", true],
    ["", false],
    [".", false],
    ["..", false],
    ["a/b", false],
    ["a\0b", false],
  ])("%j is one: %s", (name, expected) => {
    expect(isValidName(name)).toBe(expected);
  });
});

describe("paths", () => {
  it("fall apart into what they were joined from", () => {
    fc.assert(
      fc.property(validPath, validName, (directory, name) => {
        const path = joinPath(directory, name);
        expect(isValidPath(path)).toBe(true);
        expect(parentPath(path)).toBe(directory);
        expect(baseName(path)).toBe(name);
        expect(isBelow(path, directory)).toBe(true);
        expect(isBelow(directory, path)).toBe(false);
        expect(isBelow(path, path)).toBe(false);
      }),
    );
  });

  it.each([
    ["/", true],
    ["/a", true],
    ["/a/b c/...", true],
    ["", false],
    ["a", false],
    ["//", false],
    ["/a/", false],
    ["/a//b", false],
    ["/.", false],
    ["/a/../b", false],
    ["/a\0", false],
  ])("%j is one: %s", (path, expected) => {
    expect(isValidPath(path)).toBe(expected);
  });

  it("have the root as the root's parent, and no name for it", () => {
    expect(parentPath("/")).toBe("/");
    expect(parentPath("/a")).toBe("/");
    expect(baseName("/")).toBe("");
  });

  it.each([
    ["/a/b", "/a", true],
    ["/ab", "/a", false],
    ["/a", "/", true],
    ["/", "/", false],
  ])("%s is below %s: %s", (path, directory, expected) => {
    expect(isBelow(path, directory)).toBe(expected);
  });
});
