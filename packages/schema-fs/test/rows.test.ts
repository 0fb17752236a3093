import { describe, expect, it } from "vitest";
import { CHANGE_FIELDS, FS_ATTRIBUTES, LISTING_FIELDS, toRow } from "../src/index.js";

describe("a row", () => {
  it("holds each attribute where the field list says", () => {
    const row = toRow("key", {
      type: "f",
      size: 1,
      mtime: 2,
      mtimeNsec: 3,
      ctime: 4,
      ctimeNsec: 5,
      mode: 6,
      uid: 7,
      gid: 8,
      ino: "9",
      nlink: 10,
      blocks: 11,
    });
    const named = Object.fromEntries(FS_ATTRIBUTES.map((field, i) => [field, row[i + 1]]));
    expect(named).toEqual({
      type: "f",
      size: 1,
      mtime: 2,
      mtime_nsec: 3,
      ctime: 4,
      ctime_nsec: 5,
      mode: 6,
      uid: 7,
      gid: 8,
      ino: "9",
      nlink: 10,
      blocks: 11,
    });
    expect(row).toHaveLength(LISTING_FIELDS.length);
  });

  it("begins with its key: a name in a listing, a path in a change", () => {
    expect([LISTING_FIELDS[0], CHANGE_FIELDS[0]]).toEqual(["name", "path"]);
  });
});
