import type { ScanRequest } from "../drivers.js";

/** The scope of everything, in every schema. */
export const ROOT = "/";

/**
 * The scope that a key stands in: what precedes the last `/` of a path. Keys that are no paths
 * stand in the root.
 */
export function parentScope(key: string): string {
  const slash = key.startsWith("/") ? key.lastIndexOf("/") : 0;
  return slash === 0 ? ROOT : key.slice(0, slash);
}

/** True when `scope` is `ancestor` or stands below it. */
export function isWithin(scope: string, ancestor: string): boolean {
  return ancestor === ROOT || scope === ancestor || scope.startsWith(`${ancestor}/`);
}

/**
 * Scopes to look at, each once. What another one covers is left out; beyond `max` they become the
 * root: precision is lost, never truth.
 */
export class ScopeSet {
  readonly #max: number;
  readonly #recursive = new Set<string>();
  readonly #flat = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#recursive.size + this.#flat.size;
  }

  add({ scope, recursive }: ScanRequest): void {
    if (this.#covers(scope)) return;
    if (!recursive) {
      this.#flat.add(scope);
    } else {
      for (const set of [this.#flat, this.#recursive]) {
        for (const other of set) if (isWithin(other, scope)) set.delete(other);
      }
      this.#recursive.add(scope);
    }
    if (this.size > this.#max) this.add({ scope: ROOT, recursive: true });
  }

  /** The oldest, which stays in the set. */
  peek(): ScanRequest | undefined {
    const [recursive] = this.#recursive;
    if (recursive !== undefined) return { scope: recursive, recursive: true };
    const [flat] = this.#flat;
    return flat === undefined ? undefined : { scope: flat, recursive: false };
  }

  delete({ scope, recursive }: ScanRequest): void {
    (recursive ? this.#recursive : this.#flat).delete(scope);
  }

  /** Empties the set and returns what it held. */
  takeAll(): ScanRequest[] {
    const all = [
      ...[...this.#recursive].map((scope) => ({ scope, recursive: true })),
      ...[...this.#flat].map((scope) => ({ scope, recursive: false })),
    ];
    this.#recursive.clear();
    this.#flat.clear();
    return all;
  }

  #covers(scope: string): boolean {
    if (this.#flat.has(scope) && !this.#recursive.has(scope)) return false;
    for (let at = scope; ; at = parentScope(at)) {
      if (this.#recursive.has(at)) return true;
      if (at === ROOT) return false;
    }
  }
}
