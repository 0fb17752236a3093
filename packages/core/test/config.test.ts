import { describe, expect, it } from "vitest";
import type { ConfigError } from "../src/errors.js";
import { parseConfig } from "../src/host/index.js";
import type { ObjectSchema } from "../src/schema.js";

const schema = {
  type: "object",
  additionalProperties: false,
  required: ["path"],
  properties: {
    path: { type: "string", minLength: 1, description: "File to follow." },
    poll_ms: { type: "integer", minimum: 50, default: 1000 },
    mode: { type: "string", enum: ["auto", "inotify", "parcel"], default: "auto" },
    url: { type: "string", format: "uri" },
    home: { type: "string", pattern: "^/", patternMeans: "an absolute path" },
    strict: { type: "boolean" },
    key: { type: "string", secret: true, maxLength: 8 },
    names: { type: "array", items: { type: "string" }, minItems: 1, maxItems: 2 },
    driver_params: {
      type: "object",
      properties: { file_pattern: { type: "string", default: "*" } },
    },
    tls: {
      type: "object",
      required: ["cert"],
      description: "How to be private.",
      properties: { cert: { type: "string" }, port: { type: "integer", default: 443 } },
    },
    views: {
      type: "array",
      items: {
        type: "object",
        required: ["id"],
        properties: {
          id: { type: "string", pattern: "^[a-z]+$" },
          open: { type: "object", additionalProperties: true, properties: {} },
          limits: { type: "object", properties: { rows: { type: "number", default: 10 } } },
        },
      },
      default: [],
    },
  },
} as const satisfies ObjectSchema;

function faultsOf(value: unknown): string[] {
  try {
    parseConfig("test", schema, value);
  } catch (error) {
    return (error as ConfigError).issues.map(({ path, message }) => `${path} ${message}`.trim());
  }
  return [];
}

describe("parseConfig", () => {
  it("fills defaults, also those inside objects that are missing", () => {
    expect(parseConfig("test", schema, { path: "a", views: [{ id: "x" }] })).toEqual({
      path: "a",
      poll_ms: 1000,
      mode: "auto",
      driver_params: { file_pattern: "*" },
      views: [{ id: "x", limits: { rows: 10 } }],
    });
  });

  it("fills the items of a list that is a default itself", () => {
    const listed = {
      type: "object",
      properties: {
        views: {
          type: "array",
          items: { type: "object", properties: { type: { type: "string", default: "fs" } } },
          default: [{}],
        },
      },
    } as const satisfies ObjectSchema;
    expect(parseConfig("test", listed, {})).toEqual({ views: [{ type: "fs" }] });
    expect(parseConfig("test", listed, {})).toEqual({ views: [{ type: "fs" }] });
    expect(listed.properties.views.default).toEqual([{}]);
  });

  it("leaves out an optional object that would not be valid when filled", () => {
    expect(parseConfig("test", schema, { path: "a" })).not.toHaveProperty("tls");
    expect(parseConfig("test", schema, { path: "a", tls: { cert: "c" } }).tls).toEqual({
      cert: "c",
      port: 443,
    });
  });

  it("returns a copy and leaves the original as it was", () => {
    const value = { path: "a", driver_params: {} };
    const config = parseConfig("test", schema, value);
    expect(config.driver_params).toEqual({ file_pattern: "*" });
    expect(value).toEqual({ path: "a", driver_params: {} });
  });

  it("takes an absent config for an empty one", () => {
    const optional = {
      type: "object",
      properties: { a: { type: "integer", default: 1 } },
    } as const;
    expect(parseConfig("test", optional, undefined)).toEqual({ a: 1 });
    expect(parseConfig("test", optional, null)).toEqual({ a: 1 });
  });

  it.each<[string, object, string]>([
    ["a wrong type", { path: 5 }, "/path must be a string, got 5"],
    ["a quoted number", { poll_ms: "60" }, '/poll_ms must be a whole number, got "60"'],
    ["a broken number", { poll_ms: 60.5 }, "/poll_ms must be a whole number, got 60.5"],
    ["a quoted truth", { strict: "yes" }, '/strict must be true or false, got "yes"'],
    ["a scalar for a list", { names: "a" }, "/names must be a list, got a string"],
    ["a list for a mapping", { tls: [1] }, "/tls must be a mapping of keys to values, got a list"],
    ["a key without a value", { names: null }, "/names must be a list, got nothing"],
    ["too little", { poll_ms: 1 }, "/poll_ms must be at least 50, got 1"],
    ["an empty string", { path: "" }, "/path must not be empty"],
    ["an empty list", { names: [] }, "/names must have at least 1 item, got an empty list"],
    ["a long list", { names: ["a", "b", "c"] }, "/names must have at most 2 items, got a list"],
    [
      "a wrong url",
      { url: "no url" },
      '/url must be a URL such as http://localhost:8102, got "no url"',
    ],
    ["a wrong pattern", { views: [{ id: "A" }] }, '/views/0/id must match ^[a-z]+$, got "A"'],
    ["a pattern that has words", { home: "x" }, '/home must be an absolute path, got "x"'],
    [
      "an address with a password",
      { home: "ftp://user:sekret@h" },
      "/home must be an absolute path, got a value that is not shown",
    ],
    [
      "an address with a query",
      { home: "http://h/?token=sekret" },
      "/home must be an absolute path, got a value that is not shown",
    ],
    ["a missing key", { views: [{}] }, '/views/0 needs the key "id"'],
    [
      "a slip in a choice",
      { mode: "inotfy" },
      '/mode must be one of "auto", "inotify", "parcel" (did you mean "inotify"?), got "inotfy"',
    ],
    ["a slip in a key", { polms: 60 }, 'has an unknown key "polms"; did you mean "poll_ms"?'],
    ["another spelling", { pollMs: 60 }, 'has an unknown key "pollMs"; did you mean "poll_ms"?'],
    [
      "a strange key",
      { driver_params: { colour: 1 } },
      '/driver_params has an unknown key "colour"; it takes file_pattern',
    ],
  ])("words %s", (_, value, fault) => {
    expect(faultsOf({ path: "a", ...value })).toEqual([fault]);
  });

  it("says what a missing key is for", () => {
    expect(faultsOf({})).toEqual(['needs the key "path" (File to follow.)']);
    const nested = { type: "object", required: ["tls"], properties: schema.properties } as const;
    expect(() => parseConfig("test", nested, {})).toThrow(
      'needs the key "tls" (How to be private.)',
    );
  });

  it("reports all faults at once", () => {
    expect(faultsOf({ poll_ms: 1, mode: 3, nonsense: 1 })).toHaveLength(4);
  });

  it("never shows a secret", () => {
    const fault = /not-for-eyes|12345678901/;
    expect(faultsOf({ path: "a", key: "not-for-eyes" })).toEqual([
      "/key must have at most 8 characters, got a string",
    ]);
    expect(faultsOf({ path: "a", key: 12345678901 }).join()).not.toMatch(fault);
    expect(faultsOf({ path: "a", tls: "not-for-eyes" }).join()).not.toMatch(fault);
  });

  it("puts faults in the order of the file, each with its place and full path", () => {
    const lines: Record<string, number> = { "/x/path": 9, "/x": 2 };
    try {
      parseConfig(
        "f.yaml",
        schema,
        { path: 1, pth: 1 },
        (pointer, key) => ({ line: lines[pointer] ?? 0, column: key === undefined ? 1 : 7 }),
        "/x",
      );
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message).toBe(
        [
          "f.yaml is not valid:",
          '  f.yaml:2:7 /x has an unknown key "pth"; did you mean "path"?',
          "  f.yaml:9:1 /x/path must be a string, got 1",
        ].join("\n"),
      );
    }
  });

  it("says what is wrong with a schema in the words of the schema of schemas", () => {
    const broken = { type: "object", properties: { a: { kind: "string" } } } as unknown;
    expect(() => parseConfig("source x", broken as ObjectSchema, {})).toThrow(
      /properties\/a must /,
    );
  });

  it("names the subject whose schema is broken", () => {
    const broken = { type: "object", properties: { a: { type: "strin" } } } as unknown;
    expect(() => parseConfig("source x", broken as ObjectSchema, {})).toThrow(
      /^The configuration schema for source x is broken: /,
    );
  });
});
