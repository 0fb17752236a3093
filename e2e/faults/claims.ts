/** What is claimed of paths, found by the directory that they stand in as fast as by name. */
export class Claims<Claim> {
  readonly #claims = new Map<string, Claim>();
  /** What stands directly in a directory: paths with a claim, and those on the way to one. */
  readonly #inside = new Map<string, Set<string>>();

  get size(): number {
    return this.#claims.size;
  }

  get(path: string): Claim | undefined {
    return this.#claims.get(path);
  }

  set(path: string, claim: Claim): void {
    this.#claims.set(path, claim);
    for (let at = path; at !== "/"; at = parentOf(at)) {
      const parent = parentOf(at);
      const inside = this.#inside.get(parent);
      if (inside?.has(at) === true) return;
      if (inside === undefined) this.#inside.set(parent, new Set([at]));
      else inside.add(at);
    }
  }

  delete(path: string): void {
    this.#claims.delete(path);
    for (let at = path; at !== "/" && !this.#claims.has(at); at = parentOf(at)) {
      if (this.#inside.has(at)) return;
      const inside = this.#inside.get(parentOf(at));
      inside?.delete(at);
      if (inside?.size === 0) this.#inside.delete(parentOf(at));
    }
  }

  entries(): [string, Claim][] {
    return [...this.#claims];
  }

  /** The paths directly in a directory that something is claimed of. */
  inside(path: string): string[] {
    return [...(this.#inside.get(path) ?? [])].filter((each) => this.#claims.has(each));
  }

  /** Those anywhere below it. */
  below(path: string): string[] {
    const below: string[] = [];
    const pending = [...(this.#inside.get(path) ?? [])];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (this.#claims.has(at)) below.push(at);
      pending.push(...(this.#inside.get(at) ?? []));
    }
    return below;
  }
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/** What is above a path, the nearest first, without the root. */
export function ancestorsOf(path: string): string[] {
  const above: string[] = [];
  for (let at = parentOf(path); at !== "/"; at = parentOf(at)) above.push(at);
  return above;
}
