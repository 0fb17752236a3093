import { FustorError } from "@fustor/core";

/** What a key may do: feed one pipe, read one view, or everything. */
export type Scope = `ingest:${string}` | `query:${string}` | "admin";

/** The rights of one key. */
export class Scopes {
  /** Of the key, for logs. */
  readonly keyId: string;
  readonly list: readonly Scope[];

  constructor(keyId: string, list: readonly Scope[]) {
    this.keyId = keyId;
    this.list = list;
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

  /** True when it may read at least one view. */
  get queriesAny(): boolean {
    return this.admin || this.list.some((scope) => scope.startsWith("query:"));
  }
}

const PATTERN = /^(?:admin|(?:ingest|query):[A-Za-z0-9][A-Za-z0-9._-]{0,63})$/;

/** Throws `USAGE` naming the first text that is no scope. */
export function parseScopes(texts: readonly string[]): readonly Scope[] {
  if (texts.length === 0) throw usage("A key without a scope can do nothing.");
  for (const text of texts) {
    if (!isScope(text)) throw usage(`"${text}" is not a scope.`);
  }
  return [...new Set(texts as readonly Scope[])];
}

export function isScope(text: unknown): text is Scope {
  return typeof text === "string" && PATTERN.test(text);
}

function usage(problem: string): FustorError {
  return new FustorError("USAGE", `${problem} Use ingest:<pipe>, query:<view> or admin.`);
}
