/** The two names of a rename. */
export interface Names {
  readonly from: string;
  readonly to: string;
}

/** True when one of the paths is that of the directory, or below it. */
export function hasBelow(paths: Iterable<string>, directory: string): boolean {
  for (const path of paths) if (path === directory || path.startsWith(`${directory}/`)) return true;
  return false;
}

/** What a path is called after a rename; undefined for one that did not go along. */
export function renamed(path: string, { from, to }: Names): string | undefined {
  if (path === from) return to;
  return path.startsWith(`${from}/`) ? to + path.slice(from.length) : undefined;
}
