import ignore from "ignore";
import picomatch from "picomatch";
import { displayName } from "./paths.js";

/** Which names of a root an agent reports. Travels with the session: absence counts only inside. */
export interface ScopeSpec {
  /** A glob that file names match; directories are always in. */
  readonly filePattern: string;
  /** Patterns in the manner of `.gitignore`, relative to the root. */
  readonly exclude: readonly string[];
}

export interface Scope {
  /** `path` is root-relative (`/a/b`). A directory that is out takes all below it with it. */
  admits(path: string, isDirectory: boolean): boolean;
}

/** The scope that a spec describes. */
export function createScope({ filePattern, exclude }: ScopeSpec): Scope {
  const matchesName =
    filePattern === "*" ? undefined : picomatch(filePattern, { dot: true, nonegate: true });
  const ignored = exclude.length === 0 ? undefined : ignore().add([...exclude]);
  return {
    admits(path, isDirectory) {
      if (path === "/") return true;
      if (ignored !== undefined) {
        const relative = displayName(path.slice(1));
        if (ignored.ignores(isDirectory ? `${relative}/` : relative)) return false;
      }
      if (isDirectory || matchesName === undefined) return true;
      return matchesName(displayName(path.slice(path.lastIndexOf("/") + 1)));
    },
  };
}
