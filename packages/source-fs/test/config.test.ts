import { parseConfig } from "@fustor/core/host";
import { describe, expect, it } from "vitest";
import { configSchema } from "../src/config.js";

function parse(file_pattern: string): string {
  const given = { uri: "/data", driver_params: { file_pattern } };
  return parseConfig("source", configSchema, given).driver_params.file_pattern;
}

describe("file_pattern", () => {
  it.each(["*", "*.{txt,log}", "{a,{b,c}}.x", "[!a-c]?", "[[:digit:]]*", "a\\[b", "a]b", "@(a|b)"])(
    "may be %j",
    (pattern) => {
      expect(parse(pattern)).toBe(pattern);
    },
  );

  it.each(["", "[", "[a", "*.{txt", "tree/*", "\\"])("is refused as %j", (pattern) => {
    expect(() => parse(pattern)).toThrow(/file_pattern must be a glob for names/);
  });
});
