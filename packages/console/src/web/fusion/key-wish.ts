/** What a new key is for, as its form says it. */
export interface KeyWish {
  readonly kind: "query" | "ingest" | "admin";
  readonly view: string;
  readonly pipe: string;
  /** Of the view; `/` for the whole. */
  readonly path: string;
}

/** The scope that says the same. Whether it is one, Fusion tells. */
export function scopeOf({ kind, view, pipe, path }: KeyWish): string {
  if (kind === "admin") return kind;
  if (kind === "ingest") return `ingest:${pipe.trim()}`;
  const below = path.replace(/^\/*/, "/").replace(/\/+$/, "");
  return `query:${view.trim()}${below}`;
}
