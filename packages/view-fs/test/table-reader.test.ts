import { LISTING_FIELDS, toRow } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { hasSameContent, isAtRest, isSame, TableReader } from "../src/table-reader.js";
import { file } from "./scene.js";

describe("TableReader", () => {
  it("reads what toRow wrote", () => {
    const attributes = file({ size: 7, ino: "18446744073709551615", mtimeNsec: 999_999_999 });
    expect(new TableReader(LISTING_FIELDS).attributes(toRow("x", attributes), undefined)).toEqual(
      attributes,
    );
  });

  it("goes by the field list, whatever its order", () => {
    const reader = new TableReader(["name", "mtime", "unheard_of", "type", "size"]);
    const row = ["x", 5, true, "l", 9];
    expect(reader.key(row)).toBe("x");
    expect(reader.attributes(row, undefined)).toMatchObject({ type: "l", size: 9, mtime: 5 });
  });

  it("keeps what is known where a column is missing or null, and takes 0 where nothing is", () => {
    const reader = new TableReader(["name", "type", "size", "mtime", "uid"]);
    const row = ["x", "f", 9, 5, null];
    const known = file({ uid: 1000, mode: 0o600, ctime: 3 });
    expect(reader.attributes(row, known)).toEqual({ ...known, size: 9, mtime: 5 });
    expect(reader.attributes(row, undefined)).toMatchObject({ uid: 0, mode: 0, ctime: 0 });
  });

  it("carries nothing over from a file of another type", () => {
    const reader = new TableReader(["name", "type"]);
    expect(reader.attributes(["x", "d"], file({ size: 9 }))).toMatchObject({ type: "d", size: 0 });
  });

  it("needs a type that it knows", () => {
    const reader = new TableReader(["name", "type", "size"]);
    expect(reader.attributes(["x", "z", 9], undefined)).toBeUndefined();
    expect(reader.attributes(["x", null, 9], file())).toMatchObject({ type: "f", size: 9 });
    expect(new TableReader(["name"]).attributes(["x"], undefined)).toBeUndefined();
  });

  it("reads integers written as text, and takes no other text for a number", () => {
    const reader = new TableReader(["name", "type", "size", "nlink"]);
    const row = ["x", "f", "9007199254740993", "many"];
    expect(reader.attributes(row, undefined)).toMatchObject({ size: 2 ** 53, nlink: 0 });
  });

  it("has no key where there is no text", () => {
    expect(new TableReader(["name"]).key([null])).toBeUndefined();
    expect(new TableReader(["name"]).key([])).toBeUndefined();
  });
});

describe("comparing attributes", () => {
  it.each(Object.keys(file()) as (keyof ReturnType<typeof file>)[])("notices another %s", (key) => {
    const other = { ...file(), [key]: key === "type" ? "l" : 77 };
    expect(isSame(file(), other)).toBe(false);
  });

  it("tells content from times from the rest", () => {
    const old = file();
    expect(isAtRest(old, file({ mode: 0 }))).toBe(true);
    expect(isAtRest(old, file({ ctime: 5 }))).toBe(false);
    expect(hasSameContent(old, file({ ctime: 5 }))).toBe(true);
    expect(hasSameContent(old, file({ mtimeNsec: 5 }))).toBe(false);
    expect(isSame(old, file())).toBe(true);
  });
});
