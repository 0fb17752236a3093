import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { en } from "../src/web/i18n/en.js";
import { serverWordsZh } from "../src/web/i18n/server-words.js";
import { zhCN } from "../src/web/i18n/zh-cn.js";

const web = fileURLToPath(new URL("../src/web/", import.meta.url));
const sources = readdirSync(web, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !name.startsWith("i18n/"))
  .map((name) => ({ name, text: readFileSync(join(web, name), "utf8") }));

const packages = fileURLToPath(new URL("../../", import.meta.url));
/** Whose words the consoles show. */
const SPEAKERS = ["core", "server", "source-fs", "view-fs", "sender-fusion", "sender-echo"];
const spoken = SPEAKERS.flatMap((name) => {
  const folder = join(packages, name, "src");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => ({ name: `${name}/${file}`, text: readFileSync(join(folder, file), "utf8") }));
});

/** Attributes that are read by people. */
const SPOKEN = new Set(["title", "aria-label", "placeholder", "alt", "label"]);
/** Names and examples that are the same in every language. */
const NAMES = new Set(["Fustor Fusion", "10M", "2G", "/", ""]);

describe("the texts of the consoles", () => {
  it("are there in both languages, and none is empty", () => {
    expect(Object.keys(zhCN).sort()).toEqual(Object.keys(en).sort());
    expect(Object.values({ ...en, ...zhCN }).filter((text) => text.trim() === "")).toEqual([]);
  });

  it("have the same places for values in both languages", () => {
    const places = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const [key, text] of Object.entries(en)) {
      expect(places(zhCN[key as keyof typeof en]), key).toEqual(places(text));
    }
  });

  it("are all used, and by keys that are there", () => {
    const code = sources.map(({ text }) => text).join("\n");
    const prefixes = [...code.matchAll(/`(\w+\.)\$\{/g)].map(([, prefix = ""]) => prefix);
    const unused = Object.keys(en).filter(
      (key) => !code.includes(`"${key}"`) && !prefixes.some((prefix) => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });

  it("stand in the catalogue and nowhere else", () => {
    expect(sources.flatMap(({ name, text }) => literals(name, text))).toEqual([]);
  });
});

describe("the words of servers and drivers", () => {
  const strings = new Set(spoken.flatMap(({ name, text }) => stringsOf(name, text)));

  it("are translated as they are said", () => {
    expect(Object.keys(serverWordsZh).filter((words) => !strings.has(words))).toEqual([]);
  });

  it("are all translated where they describe an option of a driver", () => {
    const options = spoken
      .filter(({ name }) => /^(source|sender)-[^/]*\/config\.ts$/.test(name))
      .flatMap(({ name, text }) => stringsOf(name, text, "description"));
    expect(options.length).toBeGreaterThan(10);
    expect(options.filter((words) => !Object.hasOwn(serverWordsZh, words))).toEqual([]);
  });
});

/** All string literals; with `property`, those that are values of such a one. */
function stringsOf(name: string, text: string, property?: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node)) {
      const { parent } = node;
      const of = ts.isPropertyAssignment(parent) ? parent.name.getText() : undefined;
      if (property === undefined || of === property) found.push(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true));
  return found;
}

/** Text that a person would read and that is written in a component. */
function literals(name: string, text: string): string[] {
  const found: string[] = [];
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && /\p{L}{2}/u.test(node.text) && !isCode(node)) {
      found.push(`${name}: ${node.text.trim()}`);
    }
    if (ts.isJsxAttribute(node) && SPOKEN.has(node.name.getText())) {
      const value = node.initializer;
      if (value !== undefined && ts.isStringLiteral(value) && !NAMES.has(value.text)) {
        found.push(`${name}: ${value.text}`);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Commands are the same in every language. */
function isCode({ parent }: ts.Node): boolean {
  return ts.isJsxElement(parent) && parent.openingElement.tagName.getText() === "code";
}
