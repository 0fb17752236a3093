import { decodeName, encodeName, isBelow, isValidName, isValidPath } from "@fustor/schema-fs";
import { WIRE_LIMITS } from "./limits.js";

/** Which keys and scopes a schema knows. */
export interface KeyRules {
  /** A part of the source that can be listed (fs: a directory's path). */
  readonly isScope: (scope: unknown) => scope is string;
  /** The key of a row that was seen by itself (fs: a path). */
  readonly isKey: (key: unknown) => key is string;
  /** The key of a row within its scope (fs: a name). */
  readonly isName: (name: unknown) => name is string;
  /** True when one of two keys is the other, or stands below it: nothing moves between them. */
  readonly overlap: (one: string, other: string) => boolean;
}

/** The rules of `schema`; of an unknown one only that keys are strings of a bounded length. */
export function keyRules(schema: string): KeyRules {
  return schema === "fs" ? fsKeys : anyKeys;
}

/** A path as `@fustor/schema-fs` writes it, of a bounded length. */
export function isWirePath(path: unknown): path is string {
  return isText(path) && isValidPath(path) && isRoundTrip(path);
}

function isWireName(name: unknown): name is string {
  return isText(name) && isValidName(name) && isRoundTrip(name);
}

const fsKeys: KeyRules = {
  isScope: isWirePath,
  isKey: isWirePath,
  isName: isWireName,
  overlap: (one, other) => one === other || isBelow(one, other) || isBelow(other, one),
};
const anyKeys: KeyRules = {
  isScope: (scope) => scope === "" || isText(scope),
  isKey: isText,
  isName: isText,
  overlap: (one, other) => one === other,
};

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= WIRE_LIMITS.pathLength;
}

/** Lone surrogates stand for bytes; others, and those that spell valid UTF-8, name no file. */
function isRoundTrip(name: string): boolean {
  return name.isWellFormed() || decodeName(encodeName(name)) === name;
}
