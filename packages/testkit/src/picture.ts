import type { ListingMessage, Message } from "@fustor/core";

/** How a listing's scope and a name in it make a full key: `/a` + `b` -> `/a/b`. */
type KeyOf = (scope: string, name: string) => string;

const asPath: KeyOf = (scope, name) => (scope.endsWith("/") ? scope + name : `${scope}/${name}`);

/** What stands after the messages so far: the simplest view there is, to compare sources by. */
export class Picture {
  /** All keys that exist. */
  readonly keys = new Set<string>();
  readonly #keyOf: KeyOf;
  readonly #listed = new Map<string, Set<string>>();

  constructor(keyOf: KeyOf = asPath) {
    this.#keyOf = keyOf;
  }

  add(message: Message): void {
    if (message.kind === "listing") this.#addListing(message);
    if (message.kind !== "change") return;
    for (const [from, to] of message.moves ?? []) this.#move(from, to);
    for (const row of message.upserts.rows) this.keys.add(String(row[0]));
    for (const key of message.deletes) this.#remove(key);
  }

  #addListing({ scope, entries, complete, part, last }: ListingMessage): void {
    const names = part === 0 ? new Set<string>() : (this.#listed.get(scope) ?? new Set());
    for (const row of entries.rows) names.add(this.#keyOf(scope, String(row[0])));
    this.#listed.set(scope, names);
    for (const key of names) this.keys.add(key);
    if (!complete || !last) return;
    const prefix = this.#keyOf(scope, "");
    for (const key of this.keys) {
      const inScope = key.startsWith(prefix) && !key.slice(prefix.length).includes("/");
      if (inScope && key !== prefix && !names.has(key)) this.#remove(key);
    }
  }

  /** What was below goes along; what stood at the new key is replaced. */
  #move(from: string, to: string): void {
    const moved = this.#take(from);
    this.#remove(to);
    for (const key of moved) this.keys.add(to + key.slice(from.length));
  }

  #remove(key: string): void {
    this.#take(key);
  }

  /** Removes a key and everything below it, and returns what it removed. */
  #take(key: string): string[] {
    const below = this.#keyOf(key, "");
    const taken = [...this.keys].filter((other) => other === key || other.startsWith(below));
    for (const other of taken) this.keys.delete(other);
    return taken;
  }
}
