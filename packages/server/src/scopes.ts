import { FustorError } from "@fustor/core";
import { isBelow, isValidPath } from "@fustor/schema-fs";

/** What a key may do: feed one pipe, read one view or a part of it, or everything. */
export type Scope = `ingest:${string}` | `query:${string}` | "admin";

/** What is known of a key beside its rights. */
export interface KeyFacts {
  readonly name?: string;
  /** Milliseconds since the epoch; undefined for never. */
  readonly expiresAt?: number;
}

/** The rights of one key. */
export class Scopes {
  /** Of the key, for logs. */
  readonly keyId: string;
  readonly list: readonly Scope[];
  readonly facts: KeyFacts;

  constructor(keyId: string, list: readonly Scope[], facts: KeyFacts = {}) {
    this.keyId = keyId;
    this.list = list;
    this.facts = facts;
  }

  get admin(): boolean {
    return this.list.includes("admin");
  }

  /** `admin` implies every scope. */
  allows(scope: Scope): boolean {
    return this.admin || this.list.includes(scope);
  }

  /** True when it may feed at least one pipe. */
  get ingestsAny(): boolean {
    return this.admin || this.list.some((scope) => scope.startsWith("ingest:"));
  }

  /** True when it may read at least one view, or a part of one. */
  get queriesAny(): boolean {
    return this.admin || this.list.some((scope) => scope.startsWith("query:"));
  }

  /** The paths of a view at and below which it may read, none below another; none for no right. */
  partsOf(view: string): readonly string[] {
    if (this.allows(`query:${view}`)) return ["/"];
    const start = `query:${view}/`;
    const paths = this.list
      .filter((scope) => scope.startsWith(start))
      .map((scope) => scope.slice(start.length - 1));
    return paths.filter((path) => !paths.some((other) => isBelow(path, other)));
  }
}

const PATTERN =
  /^(?:admin|ingest:[A-Za-z0-9][A-Za-z0-9._-]{0,63}|query:[A-Za-z0-9][A-Za-z0-9._-]{0,63}(\/[^]*)?)$/;
const PATH_LENGTH_MAX = 4_096;

/** Throws `USAGE` naming the first text that is no scope. */
export function parseScopes(texts: readonly string[]): readonly Scope[] {
  if (texts.length === 0) throw usage("A key without a scope can do nothing.");
  for (const text of texts) {
    if (!isScope(text)) throw usage(`"${text}" is not a scope.`);
  }
  return [...new Set(texts as readonly Scope[])];
}

export function isScope(text: unknown): text is Scope {
  if (typeof text !== "string") return false;
  const [whole, path] = PATTERN.exec(text) ?? [];
  if (path === undefined) return whole !== undefined;
  return path !== "/" && path.length <= PATH_LENGTH_MAX && isValidPath(path);
}

function usage(problem: string): FustorError {
  return new FustorError(
    "USAGE",
    `${problem} Use ingest:<pipe>, query:<view>, query:<view>/<path> or admin.`,
  );
}
