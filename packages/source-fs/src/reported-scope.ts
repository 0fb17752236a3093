import { realpathSync } from "node:fs";
import { createScope, isBelow, type Scope } from "@fustor/schema-fs";

/** Which paths of a root are reported: the user's patterns, and never the agent's own home. */
export class ReportedScope implements Scope {
  /** All patterns that exclude, the home's included; for the receiver. */
  readonly exclude: readonly string[];
  readonly filePattern: string;
  readonly #home: string | undefined;
  readonly #scope: Scope;

  /** `base` is the root's absolute path, `home` the agent's. */
  constructor(filePattern: string, exclude: readonly string[], base: string, home: string) {
    this.filePattern = filePattern;
    this.#home = relativeTo(base, realPathOf(home));
    this.exclude = this.#home === undefined ? exclude : [...exclude, asPattern(this.#home)];
    this.#scope = createScope({ filePattern, exclude });
  }

  /** True when the whole root is the agent's own home. */
  get isHome(): boolean {
    return this.#home === "/";
  }

  admits(path: string, isDirectory: boolean): boolean {
    if (this.#home !== undefined && (path === this.#home || isBelow(path, this.#home)))
      return false;
    return this.#scope.admits(path, isDirectory);
  }

  isSameBelow(from: string, to: string): boolean {
    const home = this.#home;
    if (home !== undefined && [from, to].some((at) => at === home || isBelow(home, at)))
      return false;
    return this.#scope.isSameBelow?.(from, to) === true;
  }
}

/** A home that does not exist yet cannot be a symbolic link either. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function relativeTo(base: string, path: string): string | undefined {
  if (path === (base || "/")) return "/";
  return path.startsWith(`${base}/`) ? path.slice(base.length) : undefined;
}

/** The `.gitignore` pattern that matches exactly this path. */
function asPattern(path: string): string {
  return `${path.replace(/[\\*?[\] ]/g, "\\$&")}/`;
}
