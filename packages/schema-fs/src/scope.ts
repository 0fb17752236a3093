import ignore from "ignore";
import picomatch from "picomatch";
import { displayName } from "./paths.js";

/** What one matcher may be asked before a new one takes its place. */
const QUESTIONS_MAX = 50_000;

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
  /**
   * True when a directory that goes from one place to another has the same names in it that are
   * reported. Unknown without it.
   */
  isSameBelow?(from: string, to: string): boolean;
}

/** The scope that a spec describes. */
export function createScope({ filePattern, exclude }: ScopeSpec): Scope {
  const matchesName =
    filePattern === "*" ? undefined : picomatch(filePattern, { dot: true, nonegate: true });
  // Names are bytes: `A` and `a` are two files. A name may also look like `..`, e.g. `...`.
  const createMatcher = () =>
    ignore({ ignoreCase: false, allowRelativePaths: true }).add([...exclude]);
  const isByName = exclude.every((pattern) => !pattern.replace(/\/?\s*$/, "").includes("/"));
  let ignored = exclude.length === 0 ? undefined : createMatcher();
  let questions = 0;
  return {
    admits(path, isDirectory) {
      if (path === "/") return true;
      if (ignored !== undefined) {
        // The matcher keeps every path that it was ever asked about.
        questions += 1;
        if (questions % QUESTIONS_MAX === 0) ignored = createMatcher();
        const relative = displayName(path.slice(1));
        if (ignored.ignores(isDirectory ? `${relative}/` : relative)) return false;
      }
      if (isDirectory || matchesName === undefined) return true;
      return matchesName(displayName(path.slice(path.lastIndexOf("/") + 1)));
    },
    // A pattern with a slash in it speaks of a place.
    isSameBelow: () => isByName,
  };
}
