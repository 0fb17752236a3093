import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createScope, isValidName } from "../src/index.js";

fc.configureGlobal({ seed: 20_080 });

const FILE = false;
const DIRECTORY = true;

describe("a file pattern", () => {
  it.each([
    ["*", "/.hidden", FILE, true],
    ["*.csv", "/a/b.csv", FILE, true],
    ["*.csv", "/a/.b.csv", FILE, true],
    ["*.csv", "/a/b.CSV", FILE, false],
    ["*.csv", "/a/b.csv.gz", FILE, false],
    ["*.csv", "/a.csv/b", FILE, false],
    ["*.{csv,txt}", "/b.txt", FILE, true],
    ["[0-9]*", "/7up", FILE, true],
    ["!(*.tmp)", "/a.tmp", FILE, false],
    ["!(*.tmp)", "/a.txt", FILE, true],
    ["!a", "/!a", FILE, true],
    ["*.csv", "/caf\u00e9.csv", FILE, true],
    ["*.csv", "/\uDCFF.csv", FILE, true],
    ["*.csv", "/two\nlines.csv", FILE, true],
  ])("%s and %j", (filePattern, path, isDirectory, expected) => {
    expect(createScope({ filePattern, exclude: [] }).admits(path, isDirectory)).toBe(expected);
  });

  it("is not asked about directories", () => {
    expect(createScope({ filePattern: "*.csv", exclude: [] }).admits("/a", DIRECTORY)).toBe(true);
  });
});

describe("exclusions", () => {
  it.each([
    [["*.tmp"], "/a/b.tmp", FILE, false],
    [["*.tmp"], "/a/b.TMP", FILE, true],
    [["node_modules/"], "/a/node_modules", DIRECTORY, false],
    [["node_modules/"], "/a/node_modules", FILE, true],
    [["node_modules/"], "/a/node_modules/x/y", FILE, false],
    [["/build"], "/build/x", FILE, false],
    [["/build"], "/a/build", FILE, true],
    [["*.log", "!keep.log"], "/keep.log", FILE, true],
    [["*.log", "!keep.log"], "/drop.log", FILE, false],
    [["a b"], "/a b", FILE, false],
    [["**/cache/*"], "/x/cache/y", FILE, false],
    [["..."], "/...", DIRECTORY, false],
    [["*.tmp"], "/.../x", FILE, true],
    [["*.tmp"], "/..a", FILE, true],
  ])("%j and %j", (exclude, path, isDirectory, expected) => {
    expect(createScope({ filePattern: "*", exclude }).admits(path, isDirectory)).toBe(expected);
  });

  it("never take out the root", () => {
    expect(createScope({ filePattern: "x", exclude: ["*", "/"] }).admits("/", DIRECTORY)).toBe(
      true,
    );
  });

  it("hold for directories too, and together with a file pattern", () => {
    const scope = createScope({ filePattern: "*.csv", exclude: ["raw/"] });
    expect(scope.admits("/raw/a.csv", FILE)).toBe(false);
    expect(scope.admits("/raw", DIRECTORY)).toBe(false);
    expect(scope.admits("/a.csv", FILE)).toBe(true);
  });

  it("answer the same after any number of questions", () => {
    const scope = createScope({ filePattern: "*", exclude: ["*.tmp"] });
    for (let i = 0; i < 50_001; i += 1) scope.admits(`/${String(i)}`, FILE);
    expect(scope.admits("/a.tmp", FILE)).toBe(false);
    expect(scope.admits("/a", FILE)).toBe(true);
  });

  it("can be asked about every path there may be", () => {
    const scope = createScope({ filePattern: "*", exclude: ["*.tmp", "/a/b/"] });
    const odd = fc.constantFrom("...", "..a", " ", "\\", "*", "!", "#", "\n", "\uDCFF", "a\\", "[");
    const name = fc.oneof(odd, fc.string({ unit: "binary", minLength: 1 }).filter(isValidName));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), fc.boolean(), (names, kind) => {
        expect(scope.admits(`/${names.join("/")}`, kind)).toBeTypeOf("boolean");
      }),
      { numRuns: 150 },
    );
  });
});
