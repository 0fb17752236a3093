import { createRequire } from "node:module";
import type { Document, LineCounter, Node, YAMLMap } from "yaml";
import type { ConfigIssue } from "../errors.js";

/** Finds where in its file a value stands, or one of the value's keys. */
export type Locate = (pointer: string, key?: string) => ConfigIssue["place"];

/** `file:line:column`, or the file alone where the place is not known. */
export function formatPlace(file: string, place: ConfigIssue["place"]): string {
  return place === undefined ? file : `${file}:${String(place.line)}:${String(place.column)}`;
}

/** Finds places in a YAML text. It is parsed a second time only when a place is asked for. */
export function createLocate(text: string): Locate {
  let parsed: Parsed | undefined;
  return (pointer, key) => {
    parsed ??= parse(text);
    const offset = findOffset(parsed, toKeys(pointer), key);
    if (offset === undefined) return undefined;
    const { line, col } = parsed.lines.linePos(offset);
    return line === 0 ? undefined : { line, column: col };
  };
}

interface Parsed {
  readonly yaml: typeof import("yaml");
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

function parse(text: string): Parsed {
  const yaml = createRequire(import.meta.url)("yaml") as typeof import("yaml");
  const lines = new yaml.LineCounter();
  return { yaml, lines, document: yaml.parseDocument(text, { lineCounter: lines }) };
}

function toKeys(pointer: string): string[] {
  const parts = pointer.split("/").slice(1);
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Where the value stands, or its key `key`; the nearest thing around it when it is not written. */
function findOffset(parsed: Parsed, keys: readonly string[], key?: string): number | undefined {
  const { yaml, document } = parsed;
  let node: Node | null = document.contents;
  let offset = startOf(node);
  for (const step of keys) {
    if (yaml.isAlias(node)) node = node.resolve(document) ?? null;
    let next: unknown;
    if (yaml.isMap(node)) {
      const pair = findPair(parsed, node, step);
      if (pair === undefined) return offset;
      next = pair.value;
      offset = startOf(pair.key) ?? offset;
    } else if (yaml.isSeq(node)) {
      next = node.items[Number(step)];
    }
    node = yaml.isNode(next) ? next : null;
    offset = startOf(node) ?? offset;
  }
  if (key === undefined) return offset;
  if (yaml.isAlias(node)) node = node.resolve(document) ?? null;
  const pair = yaml.isMap(node) ? findPair(parsed, node, key) : undefined;
  return startOf(pair?.key) ?? offset;
}

function findPair({ yaml }: Parsed, map: YAMLMap, key: string) {
  return map.items.find((pair) => yaml.isScalar(pair.key) && String(pair.key.value) === key);
}

function startOf(node: unknown): number | undefined {
  const range = (node as Node | null | undefined)?.range;
  return range?.[0];
}
