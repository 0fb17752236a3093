import { describe, expect, it } from "vitest";
import { changeOf, listingOf, Picture } from "../src/index.js";

function keysAfter(...messages: Parameters<Picture["add"]>[0][]): string[] {
  const picture = new Picture();
  for (const message of messages) picture.add(message);
  return [...picture.keys].sort();
}

describe("picture", () => {
  it("follows changes, and what was below a key goes with it", () => {
    expect(
      keysAfter(
        changeOf({ upserts: { "/a": 1, "/a/b": 1, "/ab": 1 } }),
        changeOf({ deletes: ["/a"] }),
      ),
    ).toEqual(["/ab"]);
  });

  it("believes that a name is gone only of a complete listing", () => {
    const before = changeOf({ upserts: { "/a": 1, "/d": 1, "/d/e": 1 } });
    expect(keysAfter(before, listingOf("/", { d: 1, f: 1 }))).toEqual(["/d", "/d/e", "/f"]);
    expect(keysAfter(before, listingOf("/", { f: 1 }, { complete: false }))).toEqual([
      "/a",
      "/d",
      "/d/e",
      "/f",
    ]);
  });

  it("moves a key with all that is below it, over what stood there", () => {
    expect(
      keysAfter(
        changeOf({ upserts: { "/a": 1, "/a/b": 1, "/ab": 1, "/c": 1, "/c/old": 1 } }),
        changeOf({ upserts: { "/c": 1 }, moves: [["/a", "/c"]] }),
      ),
    ).toEqual(["/ab", "/c", "/c/b"]);
  });

  it("takes several moves in order", () => {
    const before = changeOf({ upserts: { "/x": 1, "/x/f": 1, "/y": 1, "/y/g": 1 } });
    const moves = [
      ["/x", "/t"],
      ["/y", "/u"],
      ["/t/f", "/u/f"],
    ] as const;
    const upserts = { "/t": 1, "/u": 1, "/u/f": 1 };
    expect(keysAfter(before, changeOf({ upserts, moves }))).toEqual(["/t", "/u", "/u/f", "/u/g"]);
  });

  it("takes a listing in parts as a whole", () => {
    const parts = [
      listingOf("/", { a: 1 }, { part: 0, last: false }),
      listingOf("/", { b: 1 }, { part: 1, last: true }),
    ];
    expect(keysAfter(changeOf({ upserts: { "/z": 1 } }), ...parts)).toEqual(["/a", "/b"]);
    expect(keysAfter(changeOf({ upserts: { "/z": 1 } }), ...parts.slice(0, 1))).toContain("/z");
  });
});
