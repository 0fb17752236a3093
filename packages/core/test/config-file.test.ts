import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ConfigError } from "../src/errors.js";
import { readConfigFile } from "../src/host/index.js";
import { createFolder } from "./folder.js";

const schema = {
  type: "object",
  properties: {
    sources: {
      type: "array",
      items: {
        type: "object",
        required: ["id", "type"],
        properties: {
          id: { type: "string" },
          type: { type: "string" },
          config: { type: "object", additionalProperties: true, properties: {} },
        },
      },
      default: [],
    },
  },
} as const;

async function read(text: string) {
  const file = join(await createFolder({ "c.yaml": text }), "c.yaml");
  return { file, reading: readConfigFile(file, schema) };
}

/** The fault's place and words, e.g. `2:3 / is not YAML`. */
async function faultsOf(text: string): Promise<string[]> {
  const { reading } = await read(text);
  const error = await reading.then(
    () => expect.unreachable(),
    (reason: unknown) => reason as ConfigError,
  );
  expect(error.code).toBe("CONFIG_INVALID");
  return error.issues.map(({ path, message, place }) => {
    const where = place === undefined ? "?" : `${String(place.line)}:${String(place.column)}`;
    return `${where} ${path || "/"} ${message}`;
  });
}

describe("readConfigFile", () => {
  it("reads YAML as YAML 1.2 does", async () => {
    const { reading } = await read(
      "sources:\n  - { id: yes, type: fs, config: { a: 2020-01-01 } }\n",
    );
    expect((await reading).config).toEqual({
      sources: [{ id: "yes", type: "fs", config: { a: "2020-01-01" } }],
    });
  });

  it.each(["", "\n\n", "# nothing yet\n", "---\n", "\uFEFF"])(
    "takes a file without content (%j) for an empty config",
    async (text) => {
      const { reading } = await read(text);
      expect((await reading).config).toEqual({ sources: [] });
    },
  );

  it("puts every fault of the schema at its place in the file", async () => {
    const text = ["# agent", "sources:", "  - id: 5", "    tpe: fs", "    config: x", ""].join(
      "\n",
    );
    expect(await faultsOf(text)).toEqual([
      '3:5 /sources/0 needs the key "type"',
      "3:9 /sources/0/id must be a string, got 5",
      '4:5 /sources/0 has an unknown key "tpe"; did you mean "type"?',
      "5:13 /sources/0/config must be a mapping of keys to values, got a string",
    ]);
  });

  it.each([
    [
      "bad indentation",
      "sources:\n  - id: a\n   type: fs\n",
      '3:4 / is not YAML: bad indentation; keys of one level start in one column, and a value that holds ": " needs quotes',
    ],
    [
      "a tab",
      "sources:\n\t- id: a\n",
      "2:1 / is not YAML: a tab stands in the indentation; use spaces",
    ],
    [
      "a key that stands twice",
      "sources: []\nsources: []\n",
      "2:1 / is not YAML: this key stands twice in its mapping; keep one",
    ],
    [
      "an open bracket",
      "sources: [\n",
      "2:1 / is not YAML: a bracket or quote that was opened before is not closed",
    ],
    [
      "two documents",
      "---\nsources: []\n---\nsources: []\n",
      '? / is not YAML: it holds more than one document; remove the "---" between them',
    ],
    [
      "an anchor that is not there",
      "sources: *none\n",
      "1:11 / is not YAML: it refers (*) to an anchor (&) that is not there",
    ],
    ["prose", "sources\nare here: 1\n", "2:9 / is not YAML: "],
  ])("tells %s with its place in one sentence", async (_, text, fault) => {
    const [first = "", ...others] = await faultsOf(text);
    expect(first.slice(0, fault.length)).toBe(fault);
    expect(first).not.toContain("\n");
    expect(others).toEqual([]);
  });

  it("locates parts whose schema is known later, also behind an alias", async () => {
    const text = [
      "sources:",
      "  - id: a",
      "    type: fs",
      "    config: &c",
      "      uri: /data",
      "      a/b: 1",
      "  - { id: b, type: fs, config: *c }",
    ].join("\n");
    const { locate } = await (await read(text)).reading;
    expect(locate("/sources/0/config/uri")).toEqual({ line: 5, column: 12 });
    expect(locate("/sources/0/config", "uri")).toEqual({ line: 5, column: 7 });
    expect(locate("/sources/0/config/a~1b")).toEqual({ line: 6, column: 12 });
    expect(locate("/sources/1/config", "uri")).toEqual({ line: 5, column: 7 });
    expect(locate("/sources/1/config/missing")).toEqual({ line: 7, column: 32 });
    expect(locate("/sources/0/config", "missing")).toEqual({ line: 5, column: 7 });
  });

  it("says what to do about a file that is not there", async () => {
    const file = join(await createFolder(), "none.yaml");
    await expect(readConfigFile(file, schema)).rejects.toMatchObject({
      code: "CONFIG_UNREADABLE",
      message: `Cannot read the configuration file ${file}: there is no such file. Make one with init, or name the one you have by --config.`,
    });
  });

  it("says what to do about a folder in the place of the file", async () => {
    const folder = await createFolder();
    await expect(readConfigFile(folder, schema)).rejects.toMatchObject({
      code: "CONFIG_UNREADABLE",
      message: `Cannot read the configuration file ${folder}: it is a folder. Name the file inside it.`,
    });
  });
});
