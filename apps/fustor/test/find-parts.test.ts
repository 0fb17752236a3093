import { describe, expect, it } from "vitest";
import { compilePattern, literalOf } from "../src/ask/find/pattern.js";
import { parseExpression } from "../src/ask/find/expression.js";
import { withExpression } from "../src/ask/find/command-line.js";
import {
  parseDays,
  parseMinutes,
  parseMoment,
  parseOwner,
  parsePermissions,
  parseSize,
} from "../src/ask/find/values.js";
import { formatHuman, formatMode } from "../src/ask/figures.js";

describe("a pattern", () => {
  it.each([
    ["*.log", "a.log", true],
    ["*.log", ".log", true],
    ["*.log", "a.log.1", false],
    ["a?c", "a\u{1f600}c", true],
    ["[!a-c]*", "dog", true],
    ["[^a-c]*", "bog", false],
    ["[]x]", "]", true],
    ["[a-]", "-", true],
    ["[[:digit:]]*", "7up", true],
    ["[[:digit:]]*", "up", false],
    ["[open", "[open", true],
    ["\\*", "*", true],
    ["\\*", "x", false],
    ["[\\]]", "]", true],
    ["*a*b", "xaxbab", true],
    ["", "", true],
    ["*", "\udcff", true],
    ["Ä*", "äb", false],
  ])("%j says of %j: %j", (pattern, text, expected) => {
    expect(compilePattern(pattern)(text)).toBe(expected);
  });

  it("takes no longer for many stars than its length times the text's", () => {
    expect(compilePattern(`${"*a".repeat(200)}b`)("a".repeat(5_000))).toBe(false);
  });

  it("looks over case when it is asked to", () => {
    expect(compilePattern("Ä*.LOG", { ignoreCase: true })("äb.log")).toBe(true);
  });

  it("has a text that all it matches contain", () => {
    expect(literalOf("*.tar.gz")).toBe(".tar.gz");
    expect(literalOf("frame-?[0-9]longer*")).toBe("frame-");
    expect(literalOf("a\\*b")).toBe("a");
    expect(literalOf("Ä*")).toBe("");
  });
});

describe("values of find", () => {
  it("round sizes up to whole units", () => {
    expect(parseSize("1k")(1)).toBe(true);
    expect(parseSize("1k")(1025)).toBe(false);
    expect(parseSize("-1M")(1)).toBe(false);
    expect(parseSize("+2")(1025)).toBe(true);
    expect(parseSize("0")(0)).toBe(true);
    expect(() => parseSize("5x")).toThrow("-size");
  });

  it("count whole days of age", () => {
    const day = 86_400_000_000_000n;
    const now = 100n * day;
    expect(parseDays("1", now)(now - day)).toBe(true);
    expect(parseDays("+1", now)(now - 2n * day + 1n)).toBe(false);
    expect(parseDays("+1", now)(now - 2n * day)).toBe(true);
    expect(parseDays("-1", now)(now + 1n)).toBe(true);
    expect(parseDays("0", now)(now + 1n)).toBe(false);
  });

  it("hold minutes against the moment, and not as whole ones", () => {
    const minute = 60_000_000_000n;
    const now = 100n * minute;
    expect(parseMinutes("+1", now)(now - minute - 1n)).toBe(true);
    expect(parseMinutes("+1", now)(now - minute)).toBe(false);
    expect(parseMinutes("-1", now)(now - minute + 1n)).toBe(true);
    expect(parseMinutes("2", now)(now - 2n * minute)).toBe(true);
    expect(parseMinutes("2", now)(now - minute)).toBe(false);
  });

  it("compare modes as a whole, by all bits, and by any bit", () => {
    expect(parsePermissions("644")(0o644)).toBe(true);
    expect(parsePermissions("644")(0o4644)).toBe(false);
    expect(parsePermissions("-222")(0o622)).toBe(true);
    expect(parsePermissions("-222")(0o644)).toBe(false);
    expect(parsePermissions("/022")(0o620)).toBe(true);
    expect(parsePermissions("/022")(0o644)).toBe(false);
    expect(parsePermissions("/000")(0o644)).toBe(true);
    expect(() => parsePermissions("u+w")).toThrow("-perm");
  });

  it("take owners by number, and tell where the number of a name is found", () => {
    expect(parseOwner("-user", "1000")(1_000)).toBe(true);
    expect(() => parseOwner("-user", "alice")).toThrow("getent passwd alice");
  });

  it("read moments to the nanosecond", () => {
    expect(parseMoment("@1700000000.5")).toBe(1_700_000_000_500_000_000n);
    expect(parseMoment("@-1.5")).toBe(-1_500_000_000n);
    expect(parseMoment("1970-01-02T00:00:00.000000001Z")).toBe(86_400_000_000_001n);
    expect(parseMoment("1970-01-01 01:00+0100")).toBe(0n);
    for (const text of ["yesterday", "2026-13-01", "@x", ""]) {
      expect(() => parseMoment(text)).toThrow("-newermt");
    }
  });
});

describe("an expression", () => {
  const parse = (...words: string[]) => parseExpression(words, { now: 0n });

  it("spares names by the longest text and the type, unless these are negated", () => {
    expect(parse("-name", "a*", "-iname", "*.Raw", "-type", "f,l")).toMatchObject({
      name: ".Raw",
      types: ["f", "l"],
    });
    expect(parse("!", "-name", "abc", "-not", "-type", "f")).toMatchObject({
      name: "",
      types: undefined,
    });
    expect(parse("-print", "-name", "abc").name).toBe("");
  });

  it("spares nothing where one of several tests is enough", () => {
    expect(parse("-name", "abc", "-o", "-type", "f")).toMatchObject({ name: "", types: undefined });
    expect(parse("-type", "f", "(", "-name", "abc", "-o", "-name", "x", ")")).toMatchObject({
      name: "",
      types: ["f"],
    });
    expect(parse("-name", "abc", "-print", "-o", "-type", "f")).toMatchObject({ name: "abc" });
    expect(parse("-name", "abc", "-print", "-o", "-print").name).toBe("");
  });

  it("is refused where it is not whole", () => {
    for (const words of [
      ["("],
      ["(", "-empty"],
      [")"],
      ["-o", "-empty"],
      ["-empty", "-o"],
      ["!"],
    ]) {
      expect(() => parse(...words), words.join(" ")).toThrow("not whole");
    }
    expect(() => parse(...Array<string>(200).fill("("))).toThrow("stand in one another");
    expect(() => parse(...Array<string>(10_001).fill("!"), "-empty")).not.toThrow();
  });

  it("asks for the fields that it reads, and for no other", () => {
    expect([...parse("-size", "+1", "-printf", "%p %m\\n").fields]).toEqual(["size", "mode"]);
    expect([...parse("-name", "x").fields]).toEqual([]);
  });

  it("is refused by a sentence that names what is not understood", () => {
    expect(() => parse("-exec", "rm")).toThrow('find does not know "-exec"');
    expect(() => parse("-name")).toThrow("-name needs a value");
    expect(() => parse("-printf", "%q")).toThrow("%q");
    expect(() => parse("-printf", "%")).toThrow("-printf");
    expect(() => parse("-type", "x")).toThrow("-type");
    expect(() => parse("-maxdepth", "-1")).toThrow("-maxdepth");
  });

  it("is told from the options and the paths before it", () => {
    const separated = withExpression(["find", "--json", "-0", "/a", "-name", "x"]);
    expect(separated).toEqual(["find", "--json", "-0", "/a", "--", "-name", "x"]);
    expect(withExpression(["find", "!", "-empty"])).toEqual(["find", "--", "!", "-empty"]);
    expect(withExpression(["find", "(", "-empty", ")"])[1]).toBe("--");
    expect(withExpression(["ls", "-long"])).toEqual(["ls", "-long"]);
    expect(withExpression(["find", "/a"])).toEqual(["find", "/a"]);
  });
});

describe("figures", () => {
  it("are those of du -h", () => {
    const sizes = [0, 1023, 1024, 1025, 10_137, 10_240, 10_241, 1_048_575, 1_048_577];
    expect(sizes.map(formatHuman)).toEqual([
      "0",
      "1023",
      "1.0K",
      "1.1K",
      "9.9K",
      "10K",
      "11K",
      "1.0M",
      "1.1M",
    ]);
  });

  it("are those of ls -l", () => {
    expect(formatMode("d", 0o1777)).toBe("drwxrwxrwt");
    expect(formatMode("f", 0o4640)).toBe("-rwSr-----");
    expect(formatMode("l", 0o777)).toBe("lrwxrwxrwx");
    expect(formatMode(null, null)).toBe("??????????");
  });
});
